import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import type { Background, Loop } from '../background.ts'
import { locks } from './locks.ts'
import { type Binaries, findBinaries } from './postgres-binaries.ts'
import { answers, here, identity, isRoot, nobody, socketFolder, socketPort } from './postgres-process.ts'
import { type Log, Postmaster } from './postmaster.ts'

export interface EmbeddedPostgres {
  connection: pg.ClientConfig
  /** Ends PostgreSQL cleanly. */
  stop(): Promise<void>
}

/**
 * Starts the PostgreSQL that npm ships on `dataDir/postgres`, or adopts one that an earlier process left running there.
 * When it dies it is started again until `stop`.
 *
 * @param connections how many nodes make.
 * @throws when another process runs on the directory.
 */
export async function startEmbedded(
  dataDir: string,
  log: Log,
  background: Background,
  connections = 0,
): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries()
  const cluster = path.join(path.resolve(dataDir), 'postgres')
  await mkdir(path.resolve(dataDir), { recursive: true, mode: 0o700 })
  if (!existsSync(cluster)) await initialize(binaries, cluster)
  const version = (await readFile(path.join(cluster, 'PG_VERSION'), 'utf8')).trim()
  if (version !== binaries.major)
    throw new Error(
      `${cluster} was made by PostgreSQL ${version} and this program brings ${binaries.major}: see docs/upgrade.md`,
    )

  const connection = embeddedConnection(dataDir)
  const restart = background.loop('restart-postgres')
  const running = new Postmaster({ binaries, cluster, connection, connections, log, restart })
  await running.start()
  const lock = await takeOwnership(connection, dataDir, background.loop('own-data-directory')).catch(async (error) => {
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

/** How the PostgreSQL of a data directory is reached. */
export const embeddedConnection = (dataDir: string) => ({
  host: socketFolder(path.join(path.resolve(dataDir), 'postgres')),
  port: socketPort,
  user: 'postgres',
  database: 'postgres',
})

/** The connection to a PostgreSQL that another process runs on this data directory, if there is one. */
export async function findRunning(dataDir: string): Promise<pg.ClientConfig | undefined> {
  const connection = embeddedConnection(dataDir)
  return (await answers(connection)) ? connection : undefined
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

/** Holds an advisory lock for as long as this process lives, taking it again when PostgreSQL was restarted. */
async function takeOwnership(
  connection: pg.ClientConfig,
  dataDir: string,
  loop: Loop,
): Promise<{ release(): Promise<void> }> {
  let isReleased = false
  let client: pg.Client
  const take = async () => {
    client = new pg.Client(connection)
    client.on('error', () => {})
    client.on('end', () => {
      if (!isReleased) setTimeout(() => loop.run(take), 500).unref()
    })
    await client.connect()
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      locks.dataDirectory,
    ])
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
