import type pg from 'pg'
import type { Config } from '../config.ts'
import { within } from '../within.ts'
import { Database } from './database.ts'
import { findRunning, startEmbedded } from './embedded.ts'
import { watchConnections } from './watch.ts'

interface Options {
  /** `own` holds the data directory for as long as it is open; `join` works beside a server that runs on it. */
  mode: 'own' | 'join'
  log: { info(message: string): void; error(message: string): void }
}

export interface OpenDatabase {
  database: Database
  connection: pg.ClientConfig
  close(): Promise<void>
}

const oldestMajor = 15
const farewellMs = 1_000

/** Connects to the configured PostgreSQL, or to the own one, which is started when it does not run. */
export async function openDatabase(config: Config, { mode, log }: Options): Promise<OpenDatabase> {
  const { connection: plain, stop } = await connect(config, mode, log)
  const { connection, stop: stopWatching } = watchConnections(plain, log)
  const database = new Database({ ...connection, max: config.DATABASE_POOL_SIZE })
  const close = async () => {
    await stopWatching()
    // What still works on a connection ends with PostgreSQL, or with the process.
    await within(farewellMs, database.close())
    await stop()
  }
  try {
    await refuseOldServer(database)
    return { database, connection, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function connect(
  config: Config,
  mode: Options['mode'],
  log: Options['log'],
): Promise<{ connection: pg.ClientConfig; stop(): Promise<void> }> {
  const nothingToStop = async () => {}
  if (config.DATABASE_URL !== undefined)
    return { connection: { connectionString: config.DATABASE_URL }, stop: nothingToStop }
  const running = mode === 'join' ? await findRunning(config.DATA_DIR) : undefined
  return running ? { connection: running, stop: nothingToStop } : startEmbedded(config.DATA_DIR, log)
}

async function refuseOldServer(database: Database): Promise<void> {
  const { rows } = await database.pool.query<{ server_version_num: string }>('SHOW server_version_num')
  const major = Math.floor(Number(rows[0]?.server_version_num) / 10_000)
  if (major < oldestMajor)
    throw new Error(`The PostgreSQL of DATABASE_URL is version ${major}; ${oldestMajor} or newer is needed`)
}
