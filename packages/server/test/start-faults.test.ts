import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { certificate } from './apk/der.ts'
import { asAdmin } from './databases.ts'
import { runCommand } from './program.ts'
import { newDatabase, start, startFault } from './start.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'mason-faults-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A small file system of its own, where this user may mount one. */
function mountSmall(options: string): string | undefined {
  const mountPoint = path.join(folder, `mounted-${options}`)
  try {
    mkdirSync(mountPoint)
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', mountPoint], { stdio: 'ignore' })
    return mountPoint
  } catch {
    return undefined
  }
}

const servers: Server[] = []
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    onConnection(socket)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const faultOf = (environment: Record<string, string>) =>
  startFault({ DATA_DIR: path.join(folder, 'data'), ...environment })

/** A server that greets every client with this error of PostgreSQL. */
const refusing = (code: string, message: string) =>
  listen((socket) =>
    socket.once('data', () => {
      const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`)
      const length = Buffer.alloc(4)
      length.writeInt32BE(fields.length + 4)
      socket.end(Buffer.concat([Buffer.from('E'), length, fields]))
    }),
  )

describe('DATA_DIR', () => {
  beforeAll(async () => {
    await writeFile(path.join(folder, 'file'), '')
    await symlink('loop', path.join(folder, 'loop'))
  })
  test.each([
    ['/proc/x', /cannot be made there/],
    ['/proc/x/y/z', /cannot be made there/],
    ['/sys/x', /cannot be/],
    ['/dev/null', /is a file/],
    ['/dev/null/x', /is a file/],
    [path.join(folder, 'file'), /is a file/],
    [path.join(folder, 'file', 'below'), /is a file/],
    [path.join(folder, 'loop'), /symbolic link/],
    [path.join(folder, 'x'.repeat(300)), /too long/],
  ])('%s is refused with the reason', async (DATA_DIR, reason) => {
    const fault = await faultOf({ DATA_DIR })
    expect(fault).toMatch(reason)
    expect(fault).toContain(`DATA_DIR=${DATA_DIR} `)
    const { url } = await newDatabase()
    expect(await faultOf({ DATA_DIR, DATABASE_URL: url() })).toBe(fault)
  })

  const mounted = ['size=1m', 'size=1m,ro'].map((options) => mountSmall(options))
  afterAll(() => {
    for (const mountPoint of mounted) if (mountPoint !== undefined) execFileSync('umount', [mountPoint])
  })
  const [full, readOnly] = mounted
  test.skipIf(full === undefined)(
    'on a disk without room and on a read-only one is refused with the reason',
    async () => {
      expect(await faultOf({ DATA_DIR: full ?? '' })).toMatch(
        /^DATA_DIR=.* is on a disk with \d MiB free; PostgreSQL needs/,
      )
      expect(await faultOf({ DATA_DIR: readOnly ?? '' })).toMatch(/^DATA_DIR=.* mounted read-only/)
      expect(await faultOf({ DATA_DIR: path.join(readOnly ?? '', 'below') })).toMatch(/^DATA_DIR=.* mounted read-only/)
      await writeFile(path.join(full ?? '', 'filling'), Buffer.alloc(2 ** 20)).catch(() => {})
      const { url } = await newDatabase()
      expect(await faultOf({ DATA_DIR: full ?? '', DATABASE_URL: url() })).toMatch(
        /^DATA_DIR=.* is on a disk that is full/,
      )
    },
  )

  test('the program ends with 1 and one line', async () => {
    const { code, output } = await runCommand(['serve'], { DATA_DIR: '/proc/x' })
    expect({ code, output }).toEqual({
      code: 1,
      output: 'DATA_DIR=/proc/x cannot be made there; name a folder on a disk\n',
    })
    expect(await runCommand(['migrate'], { DATA_DIR: '/proc/x' })).toEqual({ code, output })
  })

  test('missing folders are made for this user alone', async () => {
    const DATA_DIR = path.join(folder, 'a', 'b', 'c')
    const { url } = await newDatabase()
    await start({ DATA_DIR, DATABASE_URL: url() })
    expect((await readFile(path.join(DATA_DIR, 'owner-key'), 'utf8')).trim()).toMatch(/^mason_/)
  })
})

describe('DATABASE_URL', () => {
  const base = 'postgres://mason:hunter2@'

  test.each([
    ['28P01', 'password authentication failed for user "mason"', /refuses the password of the user mason/],
    ['28000', 'no pg_hba.conf entry for host "10.0.0.1", no encryption', /pg_hba.conf.*sslmode=require/],
    ['3D000', 'database "fleet" does not exist', /no database fleet.*CREATE DATABASE/],
    ['53300', 'sorry, too many clients already', /max_connections/],
    ['57P03', 'the database system is starting up', /not ready/],
    ['08P01', 'unsupported startup parameter: statement_timeout', /ignore_startup_parameters/],
  ])('that PostgreSQL answers with %s is explained', async (code, message, remedy) => {
    const fault = await faultOf({ DATABASE_URL: `${base}127.0.0.1:${await refusing(code, message)}/fleet` })
    expect(fault).toMatch(remedy)
    expect(fault).toMatch(/^DATABASE_URL: /)
    expect(fault).not.toContain('hunter2')
  })

  test('a server that accepts and never answers, and one that is none', async () => {
    const silent = await listen(() => {})
    expect(await faultOf({ DATABASE_URL: `${base}127.0.0.1:${silent}/fleet` })).toContain(
      `DATABASE_URL: 127.0.0.1:${silent} does not answer`,
    )
    const hangsUp = await listen((socket) => socket.destroy())
    expect(await faultOf({ DATABASE_URL: `${base}127.0.0.1:${hangsUp}/fleet` })).toMatch(
      /^DATABASE_URL: .*no PostgreSQL/,
    )
  })

  test('a port without a server, a name without a host, a socket that is not there', async () => {
    const port = await listen(() => {})
    await new Promise((resolve) => servers.pop()?.close(resolve))
    expect(await faultOf({ DATABASE_URL: `${base}127.0.0.1:${port}/fleet` })).toMatch(
      /^DATABASE_URL: nothing listens at/,
    )
    expect(await faultOf({ DATABASE_URL: `${base}no-such-host.invalid/fleet` })).toMatch(
      /^DATABASE_URL: the host of no-such-host.invalid:5432/,
    )
    expect(await faultOf({ DATABASE_URL: 'postgres:///fleet?host=/no/such/folder' })).toMatch(
      /^DATABASE_URL: there is no socket/,
    )
  })

  test.each(['require', 'verify-full', 'no-verify'])('sslmode=%s where the server has no TLS', async (mode) => {
    const port = await listen((socket) => socket.once('data', () => socket.write('N')))
    expect(await faultOf({ DATABASE_URL: `${base}127.0.0.1:${port}/fleet?sslmode=${mode}` })).toMatch(
      /^DATABASE_URL: sslmode asks for TLS/,
    )
  })

  test('a certificate that nobody vouches for, unless it need not be verified', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const der = certificate('CN=127.0.0.1', publicKey, privateKey).toString('base64')
    const secrets = {
      cert: `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`,
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    }
    const port = await listen((socket) =>
      socket.once('data', () => {
        socket.write('S')
        new TLSSocket(socket, { isServer: true, ...secrets }).on('error', () => {}).on('data', () => socket.destroy())
      }),
    )
    const url = `${base}127.0.0.1:${port}/fleet`
    for (const mode of ['require', 'verify-full'])
      expect(await faultOf({ DATABASE_URL: `${url}?sslmode=${mode}` })).toMatch(
        /unknown issuer.*sslrootcert.*no-verify/,
      )
    expect(await faultOf({ DATABASE_URL: `${url}?sslmode=no-verify` }), 'past the certificate').toMatch(/no PostgreSQL/)
  })

  test('a database that does not exist, and a user that may not create tables', async () => {
    const { url, name } = await newDatabase()
    expect(await faultOf({ DATABASE_URL: url().replace(name, 'no_such') })).toMatch(
      /^DATABASE_URL: there is no database/,
    )
    await asAdmin(`CREATE ROLE r${name} LOGIN`)
    const fault = await faultOf({ DATABASE_URL: url(`r${name}`) })
    expect(fault).toMatch(/^DATABASE_URL: .*ALTER DATABASE/)
  })
})

describe('HOST and ports', () => {
  test.each([
    [{ HOST: '203.0.113.1' }, /^HOST=203.0.113.1 is not an address of this machine/],
    [{ HOST: 'no-such-host.invalid' }, /^HOST=no-such-host.invalid/],
  ])('%j', async (environment, reason) => {
    const { url } = await newDatabase('template')
    expect(await faultOf({ DATABASE_URL: url(), ...environment })).toMatch(reason)
  })

  test('ports that are taken', async () => {
    const port = String(await listen(() => {}))
    const { url } = await newDatabase('template')
    expect(await faultOf({ DATABASE_URL: url(), PORT: port })).toBe(
      `another program listens at port ${port}; PORT sets another port`,
    )
    expect(await faultOf({ DATABASE_URL: url(), MQTT_PORT: port })).toBe(
      `another program listens at port ${port}; MQTT_PORT sets another port`,
    )
  })
})

test('the program says its version', async () => {
  expect(await runCommand(['--version'])).toEqual({ code: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
})
