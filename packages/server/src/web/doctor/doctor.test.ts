import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener, request, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { freePort } from '../../../test/free-port.ts'
import { usePlatform } from '../../../test/harness.ts'
import { startIdentityProvider } from '../../../test/identity-provider.ts'
import { isNatsInstalled, startNats } from '../../../test/nats.ts'
import { startS3 } from '../../../test/s3.ts'
import { newDatabase } from '../../../test/start.ts'
import { writeCertificate } from '../../../test/tls.ts'
import { readConfig } from '../../config.ts'
import { Background } from '../../core/background.ts'
import { openDatabase } from '../../core/db/open.ts'
import { examine } from './examine.ts'

const platform = usePlatform({ TRUST_PROXY: '127.0.0.2' }, { areJobsRunning: false })
const closers: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const silent = { info: () => {}, error: () => {} }
let environment: Record<string, string>
beforeAll(() => {
  const { host, port, user, database } = platform.database.pool.options
  environment = {
    DATABASE_URL: `postgres://${user}@/${database}?host=${encodeURIComponent(host ?? '')}&port=${port}`,
    DATA_DIR: platform.config.DATA_DIR,
  }
})

/** What the doctor says of each thing with these settings beside the platform's. */
async function diagnose(settings: Record<string, string> = {}): Promise<(name: string) => string[]> {
  const config = readConfig({ ...environment, ...settings })
  const lines: string[] = []
  const options = { mode: 'join', log: silent, background: new Background(silent) } as const
  const faults = await examine(
    config,
    (line) => lines.push(line),
    () => openDatabase(config, options),
  )
  expect(lines.filter((line) => line.startsWith('fault '))).toHaveLength(faults)
  return (name) =>
    lines.filter((line) => line.slice(9).startsWith(`${name}  `)).map((line) => line.replaceAll(/ {2,}/g, ' '))
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
const serve = (handle: RequestListener) => listen(createServer(handle))

test('has nothing to say of what is in order, and names what is not set', async () => {
  const told = await diagnose()
  for (const name of ['settings', 'disk', 'replication', 'clock', 'schema', 'encryption key'])
    expect(told(name), name).toEqual([expect.stringMatching(/^ok /)])
  expect(told('mail')).toEqual(['- mail SMTP_URL is not set'])
  expect(told('files')).toEqual([expect.stringContaining('S3_BUCKET is not set')])
  expect(told('nodes')).toEqual([expect.stringMatching(/^(ok|warning) /)])
})

describe('the database', () => {
  test('that cannot be reached is one fault; nothing else asks it', async () => {
    const told = await diagnose({ DATABASE_URL: `postgres://mason:hunter2@127.0.0.1:${await freePort()}/mason` })
    expect(told('database')).toEqual([expect.stringMatching(/^fault database DATABASE_URL: nothing listens at/)])
    expect(told('schema')).toEqual(['- schema the database cannot be asked'])
    expect(told('database').join()).not.toContain('hunter2')
  })

  test('that is new, was left behind, or was migrated by a newer program', async () => {
    expect((await diagnose({ DATABASE_URL: (await newDatabase()).url() }))('schema')).toEqual([
      expect.stringMatching(/^- .*the first start sets it up/),
    ])
    const { pool } = platform.database
    const { rows } = await pool.query('SELECT version, name FROM migration ORDER BY version DESC LIMIT 1')
    const [{ version, name }] = rows
    await pool.query('DELETE FROM migration WHERE version = $1', [version])
    expect((await diagnose())('schema')).toEqual([expect.stringMatching(/^warning .*mason-server migrate/)])
    await pool.query('INSERT INTO migration (version, name) VALUES ($1, $2), (9999, $2)', [version, name])
    expect((await diagnose())('schema')).toEqual([expect.stringMatching(/^fault .*run the newer program/)])
    await pool.query('DELETE FROM migration WHERE version = 9999')
  })

  test('that was sealed with another encryption key', async () => {
    const told = await diagnose({ MASON_ENCRYPTION_KEY: randomBytes(32).toString('hex') })
    expect(told('encryption key')).toEqual([expect.stringMatching(/^fault .*MASON_ENCRYPTION_KEY is not the/)])
    const missing = await diagnose({ DATA_DIR: await mkdtemp(path.join(tmpdir(), 'mason-doctor-')) })
    expect(missing('encryption key')).toEqual([expect.stringMatching(/^fault .*encryption-key is missing/)])
  })

  test.each([
    [5_000, 'warning'],
    [3_600_000, 'fault'],
  ])('whose clock is %d ms behind', async (ms, kind) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })
    closers.push(() => vi.useRealTimers())
    expect((await diagnose())('clock')).toEqual([expect.stringMatching(new RegExp(`^${kind} .*chrony`))])
  })
})

describe('files', () => {
  test('in a bucket that is there, under a wrong secret, missing, and at a server that is away', async () => {
    const s3 = await startS3()
    closers.push(s3.stop)
    expect((await diagnose(s3.environment))('files')).toEqual([expect.stringMatching(/^ok /)])
    const wrong = await diagnose({ ...s3.environment, S3_SECRET_ACCESS_KEY: 'another' })
    expect(wrong('files')).toEqual([expect.stringMatching(/^fault .*S3_SECRET_ACCESS_KEY/)])
    const missing = await diagnose({ ...s3.environment, S3_BUCKET: 'another' })
    expect(missing('files')).toEqual([expect.stringMatching(/^fault .*no bucket another/)])
    const away = await diagnose({ ...s3.environment, S3_ENDPOINT: `http://127.0.0.1:${await freePort()}` })
    expect(away('files')).toEqual([expect.stringMatching(/^fault .*S3_ENDPOINT=/)])
  })

  const folder = path.join(tmpdir(), `mason-doctor-${process.pid}`)
  const mount = (size: string) =>
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' })
  test('on a disk that is nearly full', async ({ skip }) => {
    execFileSync('mkdir', ['-p', folder])
    closers.push(() => rm(folder, { recursive: true, force: true }))
    for (const [size, kind] of [
      ['1m', 'fault'],
      ['200m', 'warning'],
    ] as const) {
      try {
        mount(size)
      } catch {
        skip('this user may mount nothing')
      }
      const told = await diagnose({ DATA_DIR: folder })
      execFileSync('umount', [folder])
      expect(told('disk')).toEqual([expect.stringMatching(new RegExp(`^${kind} .* free; free some room`))])
    }
  })
})

test('a mail server that is away', async () => {
  const told = await diagnose({ SMTP_URL: `smtp://127.0.0.1:${await freePort()}` })
  expect(told('mail')).toEqual([expect.stringMatching(/^fault mail SMTP_URL: the mail server cannot be reached/)])
})

test('a NATS that is away, or refuses the password, is a warning: nothing depends on it', async ({ skip }) => {
  const told = async (NATS_URL: string) => (await diagnose({ NATS_URL }))('NATS')
  expect(await told(`nats://127.0.0.1:${await freePort()}`)).toEqual([
    expect.stringMatching(/^warning NATS NATS_URL: /),
  ])
  if (!isNatsInstalled()) skip('nats-server is not installed')
  const server = await startNats()
  closers.push(server.kill)
  expect(await told(server.url)).toEqual(['ok NATS it answers'])
  const [wrong = ''] = await told(server.url.replace('p%40ss', 'hunter2'))
  expect(wrong).toMatch(/^warning .*correct host, port, user and password/)
  expect(wrong).not.toContain('hunter2')
})

test('an identity provider that is there, that is away, and that is another issuer', async () => {
  const provider = await startIdentityProvider()
  closers.push(provider.stop)
  await provider.serve('http://127.0.0.1/auth/oidc/callback')
  const client = { OIDC_CLIENT_ID: 'mason', OIDC_CLIENT_SECRET: provider.clientSecret }
  const told = async (OIDC_ISSUER: string) => (await diagnose({ ...client, OIDC_ISSUER }))('single sign-on')
  expect(await told(provider.issuer)).toEqual([expect.stringMatching(/^ok /)])
  expect(await told(`http://127.0.0.1:${await freePort()}`)).toEqual([expect.stringMatching(/^fault .*OIDC_ISSUER=/)])
  expect(await told(provider.issuer.replace('127.0.0.1', 'localhost'))).toEqual([
    expect.stringMatching(/^fault .*the very issuer/),
  ])
})

describe('certificates', () => {
  const day = 86_400_000
  const from = new Date(Date.now() - 90 * day)
  const valid = { expired: new Date(Date.now() - day), soon: new Date(Date.now() + 5 * day) }
  const pair = async (to: Date, name = 'localhost') => {
    const { cert, key } = await writeCertificate(name, undefined, [from, to])
    closers.push(() => rm(path.dirname(cert), { recursive: true }))
    return { cert, key }
  }

  test('in files: expired, soon to expire, for another host', async () => {
    const told = async ({ cert, key }: { cert: string; key: string }) =>
      (await diagnose({ TLS_CERT: cert, TLS_KEY: key, PUBLIC_URL: 'https://localhost:1' }))('certificates')
    expect(await told(await pair(valid.expired))).toEqual([expect.stringMatching(/^fault .*expired on .*renew it/)])
    expect(await told(await pair(valid.soon))).toEqual([expect.stringMatching(/^warning .*expires on .*renew it/)])
    expect(await told(await pair(valid.soon, 'elsewhere.example'))).toContainEqual(
      expect.stringMatching(/^fault .*not for the host of/),
    )
  })

  test('as others see them', async () => {
    const told = async (name: 'expired' | 'soon', isTrusted = true) => {
      const { cert, key } = await pair(valid[name])
      const [certificate, secret] = [readFileSync(cert, 'utf8'), readFileSync(key, 'utf8')]
      const port = await listen(
        createTlsServer({ cert: certificate, key: secret }, (_request, response) =>
          response.end(),
        ) as unknown as Server,
      )
      const before = tls.getCACertificates('default')
      if (isTrusted) tls.setDefaultCACertificates([...before, certificate])
      const found = await diagnose({ PUBLIC_URL: `https://localhost:${port}` })
      tls.setDefaultCACertificates(before)
      return found('public certificates')
    }
    expect(await told('soon', false)).toEqual([expect.stringMatching(/^fault .*PUBLIC_URL=.*self-signed/)])
    expect(await told('expired')).toEqual([expect.stringMatching(/^fault .*expired; renew it/)])
    expect(await told('soon')).toEqual([expect.stringMatching(/^warning .*PUBLIC_URL: .*expires on/)])
  })
})

describe('PUBLIC_URL', () => {
  const told = async (PUBLIC_URL: string, name = 'public URL') => (await diagnose({ PUBLIC_URL }))(name)
  /** A proxy that connects from an address of its own, and says this of the client. */
  const startProxy = (from: string, forwardedFor: (given: string | undefined) => string | undefined) =>
    serve((incoming, outgoing) => {
      const { port } = new URL(platform.url)
      // As proxies do, it keeps what belongs to one connection alone to itself.
      const { 'x-forwarded-for': given, upgrade: _upgrade, connection: _connection, ...headers } = incoming.headers
      const said = forwardedFor(given as string | undefined)
      request(
        {
          host: '127.0.0.1',
          port,
          path: incoming.url,
          localAddress: from,
          headers: { ...headers, ...(said && { 'x-forwarded-for': said }) },
        },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(outgoing)
        },
      ).end()
    })
  const added = (given?: string) => [...(given ? [given] : []), '127.0.0.1'].join(', ')

  test('that leads here', async () => {
    const { port } = new URL(platform.url)
    const settings = { PUBLIC_URL: `http://127.0.0.1:${port}` }
    const found = await diagnose(settings)
    for (const name of ['public URL', 'proxy', 'WebSocket'])
      expect(found(name)).toEqual([expect.stringMatching(/^ok /)])
  })

  test('where nothing listens, where another program does, and that redirects', async () => {
    expect(await told(`http://127.0.0.1:${await freePort()}`)).toEqual([
      expect.stringMatching(/^fault .*nothing listens there/),
    ])
    const other = await serve((_request, response) => response.end('It works!'))
    expect(await told(`http://127.0.0.1:${other}`)).toEqual([
      expect.stringMatching(/^fault .*not as this platform does/),
    ])
    const redirect = await serve((_request, response) =>
      response.writeHead(308, { location: 'https://mason.example/healthz' }).end(),
    )
    expect(await told(`http://127.0.0.1:${redirect}`)).toEqual([expect.stringMatching(/^fault .*redirects to https/)])
  })

  test('behind a proxy that is believed, that is not, that says nothing, and that hands on what clients claim', async () => {
    const proxied = async (...how: Parameters<typeof startProxy>) =>
      (await diagnose({ PUBLIC_URL: `http://127.0.0.1:${await startProxy(...how)}`, TRUST_PROXY: '127.0.0.2' }))(
        'proxy',
      )
    expect(await proxied('127.0.0.2', added)).toEqual([expect.stringMatching(/^ok .*127\.0\.0\.2/)])
    expect(await proxied('127.0.0.3', added)).toEqual([expect.stringMatching(/^fault .*set TRUST_PROXY=127\.0\.0\.3$/)])
    expect(await proxied('127.0.0.2', () => undefined)).toEqual([
      expect.stringMatching(/^warning .*no X-Forwarded-For/),
    ])
    expect(await proxied('127.0.0.2', (given) => given)).toEqual([expect.stringMatching(/^fault .*claim any address/)])
  })

  test('behind a proxy that hands no upgrade on', async () => {
    const port = await startProxy('127.0.0.2', added)
    expect(await told(`http://127.0.0.1:${port}`, 'WebSocket')).toEqual([
      expect.stringMatching(/^fault .*in place of an upgrade to WebSocket/),
    ])
  })

  test('tells nobody without the key how a request came in', async () => {
    const expires = Math.ceil(Date.now() / 1000) + 60
    for (const query of ['', '?expires', `?expires=${expires}&signature=x`])
      expect((await platform.fetch(`/doctor/echo${query}`)).status).toBe(404)
  })
})
