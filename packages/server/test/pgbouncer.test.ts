import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { serve } from '../src/serve.ts'
import { asAdmin } from './databases.ts'
import { eventually } from './eventually.ts'

const version = installed()
if (version === undefined)
  console.warn('SKIPPED: pgbouncer is not installed, so docs/scale-out.md was not tried with it')
const [major = 0, minor = 0] = version ?? []
const followsStatements = major > 1 || minor >= 21

function installed(): number[] | undefined {
  try {
    return /PgBouncer (\d+)\.(\d+)/
      .exec(String(execFileSync('pgbouncer', ['--version'])))
      ?.slice(1)
      .map(Number)
  } catch {
    return undefined
  }
}

const isRoot = process.getuid?.() === 0
const nobody = 65534
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Settings and statements as docs/scale-out.md shows them. */
const documented = { settings: '', statements: [] as string[] }
beforeAll(async () => {
  const text = await readFile(path.resolve(import.meta.dirname, '../../../docs/scale-out.md'), 'utf8')
  documented.settings = /```ini\n\[pgbouncer\]\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
  documented.statements = /```sql\n([\s\S]*?)```/.exec(text)?.[1]?.trim().split('\n') ?? []
})

/** PgBouncer in front of the PostgreSQL of the tests, with these settings, for a new database and its owner. */
async function startPgBouncer(settings: string) {
  const folder = await mkdtemp(path.join(tmpdir(), 'mason-pgbouncer-'))
  await chmod(folder, 0o755)
  const name = `bounced_${randomUUID().replaceAll('-', '').slice(0, 12)}`
  await asAdmin(`CREATE ROLE ${name} LOGIN`)
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE template0 OWNER ${name}`)
  const port = await freePort()
  const { host, port: serverPort } = inject('postgres')
  // Under root it runs as another user, who cannot enter the folders above the socket.
  const socket = process.platform === 'linux' ? '/proc/self/cwd' : host
  const known = followsStatements ? settings : settings.replace(/^max_prepared_statements.*\n/m, '')
  await writeFile(
    path.join(folder, 'pgbouncer.ini'),
    `[databases]\n* = host=${socket} port=${serverPort} user=${name}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nauth_type = any\n${known}`,
  )
  const child: ChildProcess = spawn('pgbouncer', [path.join(folder, 'pgbouncer.ini')], {
    cwd: host,
    stdio: 'ignore',
    ...(isRoot && { uid: nobody, gid: nobody }),
  })
  closers.push(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
    await rm(folder, { recursive: true })
  })
  await eventually(() => answersAt(port))
  const environment = {
    ...{ LOG_LEVEL: 'silent', PORT: '0', MQTT_PORT: '0', DRAIN_SECONDS: '0' },
    DATABASE_URL: `postgres://${name}@127.0.0.1:${port}/${name}`,
    DATA_DIR: path.join(folder, 'data'),
  }
  const prepare = async () => {
    for (const statement of documented.statements) await asAdmin(statement.replace('mason', name))
  }
  return { start: () => serve(readConfig(environment), () => {}), prepare }
}

const answersAt = (port: number) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    }).on('error', reject)
  })

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe.skipIf(version === undefined)('PgBouncer', () => {
  test('that refuses start-up parameters: the start says what to set', async () => {
    const { start } = await startPgBouncer('pool_mode = transaction\n')
    await expect(start()).rejects.toThrow(/^DATABASE_URL: .*ignore_startup_parameters = options, statement_timeout/)
  })

  test('that drops them: the start says what to set in PostgreSQL', async () => {
    const { start } = await startPgBouncer(documented.settings)
    await expect(start()).rejects.toThrow(/^DATABASE_URL: .*ALTER ROLE bounced_\w+ SET statement_timeout = '60000'/)
  })

  test('in session mode, as documented, serves the platform', async () => {
    const { start, prepare } = await startPgBouncer(documented.settings.replace('transaction', 'session'))
    await prepare()
    const { url, stop } = await start()
    closers.push(stop)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })

  test('in transaction mode, as documented, serves the platform or is refused for its version', async () => {
    const { start, prepare } = await startPgBouncer(documented.settings)
    await prepare()
    if (!followsStatements) return expect(start()).rejects.toThrow(/^DATABASE_URL: .*PgBouncer 1.21 or newer/)
    const { url, stop } = await start()
    closers.push(stop)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })
})
