import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { Database } from '../src/db/database.ts'
import { serve } from '../src/serve.ts'
import { certificate } from './apk/der.ts'
import { runCommand } from './program.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'mason-faults-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A small file system of its own, where this user may mount one. */
function mountSmall(options: string): string | undefined {
  const place = path.join(folder, `mounted-${options}`)
  try {
    mkdirSync(place)
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place], { stdio: 'ignore' })
    return place
  } catch {
    return undefined
  }
}

const environmentOf = (environment: Record<string, string>) =>
  readConfig({
    LOG_LEVEL: 'silent',
    PORT: '0',
    MQTT_PORT: '0',
    DRAIN_SECONDS: '0',
    DATA_DIR: path.join(folder, 'data'),
    ...environment,
  })

/** What the start says where it must fail. */
async function faultOf(environment: Record<string, string>): Promise<string> {
  try {
    const running = await serve(environmentOf(environment), () => {})
    await running.stop()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the server has started')
}

/** A database of its own in the PostgreSQL of the tests. */
async function newDatabase(template = 'template0'): Promise<{ name: string; url(user?: string): string }> {
  const { host, port, user } = inject('postgres')
  const name = `faults_${randomUUID().replaceAll('-', '')}`
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  return { name, url: (as = user) => `postgres://${as}@/${name}?host=${encodeURIComponent(host)}&port=${port}` }
}

async function asAdmin(statement: string): Promise<void> {
  const admin = new Database({ ...inject('postgres'), database: 'postgres', max: 1 })
  await admin.pool.query(statement)
  await admin.close()
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
    for (const place of mounted) if (place !== undefined) execFileSync('umount', [place])
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
    const running = await serve(environmentOf({ DATA_DIR, DATABASE_URL: url() }), () => {})
    await running.stop()
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

describe('the encryption key', () => {
  const start = async (environment: Record<string, string>) => {
    const running = await serve(environmentOf(environment), () => {})
    await running.stop()
  }
  const newFolder = async () => {
    const made = path.join(folder, randomUUID())
    await mkdir(made)
    return made
  }
  const [one, other] = ['a'.repeat(64), 'b'.repeat(64)]

  test('another one than the database was sealed with is refused', async () => {
    const { url } = await newDatabase('template')
    const node = { DATABASE_URL: url(), DATA_DIR: await newFolder() }
    await start({ ...node, MASON_ENCRYPTION_KEY: one })
    await start({ ...node, MASON_ENCRYPTION_KEY: one.toUpperCase() })
    const fault = await faultOf({ ...node, MASON_ENCRYPTION_KEY: other })
    expect(fault).toMatch(/^MASON_ENCRYPTION_KEY is not the encryption key/)
    expect(fault).not.toContain(other)
    expect(await faultOf(node), 'no key at all').toMatch(/encryption-key is missing/)
    await expect(readFile(path.join(node.DATA_DIR, 'encryption-key')), 'none is made').rejects.toThrow('ENOENT')
  })

  test.each([
    ['is lost', (file: string) => rm(file), /is missing/],
    ['is replaced', (file: string) => writeFile(file, other), /is not the encryption key/],
    ['is empty', (file: string) => writeFile(file, ''), /64 hexadecimal digits/],
    ['is cut off', (file: string) => writeFile(file, one.slice(1)), /64 hexadecimal digits/],
    ['is a folder', (file: string) => rm(file).then(() => mkdir(file)), /cannot be read/],
  ])('a key file that %s is refused, and named', async (_name, spoil, reason) => {
    const { url } = await newDatabase('template')
    const node = { DATABASE_URL: url(), DATA_DIR: await newFolder() }
    await start(node)
    const file = path.join(node.DATA_DIR, 'encryption-key')
    await spoil(file)
    const fault = await faultOf(node)
    expect(fault).toMatch(reason)
    expect(fault).toContain(file)
    expect(fault).toContain('MASON_ENCRYPTION_KEY')
  })

  test('of two first starts with different keys one is refused, and the other goes on', async () => {
    const { url } = await newDatabase('template')
    const outcomes = await Promise.allSettled(
      [one, other].map(async (MASON_ENCRYPTION_KEY) =>
        start({ DATABASE_URL: url(), DATA_DIR: await newFolder(), MASON_ENCRYPTION_KEY }),
      ),
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('two first starts on one shared folder agree', async () => {
    const { url } = await newDatabase('template')
    const node = { DATABASE_URL: url(), DATA_DIR: await newFolder() }
    await Promise.all([start(node), start(node)])
  })

  test('a database of a version before is adopted by the key that opens it alone', async () => {
    const { url } = await newDatabase('template')
    const node = { DATABASE_URL: url(), DATA_DIR: await newFolder() }
    await start({ ...node, MASON_ENCRYPTION_KEY: one })
    const database = new Database({ connectionString: url(), max: 1 })
    await database.pool.query('DELETE FROM encryption_key')
    await database.close()
    expect(await faultOf({ ...node, MASON_ENCRYPTION_KEY: other })).toMatch(/^MASON_ENCRYPTION_KEY is not/)
    await start({ ...node, MASON_ENCRYPTION_KEY: one })
  })

  test('one that is lost for good can be given up', async () => {
    const { url } = await newDatabase('template')
    const node = { DATABASE_URL: url(), DATA_DIR: await newFolder() }
    await start({ ...node, MASON_ENCRYPTION_KEY: one })
    expect((await runCommand(['encryption-key', 'forget'], node)).code).toBe(0)
    await start({ ...node, MASON_ENCRYPTION_KEY: other })
    expect(await faultOf({ ...node, MASON_ENCRYPTION_KEY: one })).toMatch(/^MASON_ENCRYPTION_KEY is not/)
  })
})

test('both programs say their version', async () => {
  expect(await runCommand(['--version'])).toEqual({ code: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
})
