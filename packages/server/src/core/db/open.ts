import type pg from 'pg'
import { type Config, workersOf } from '../../config.ts'
import type { Background } from '../background.ts'
import { explainDataDir, prepareDataDir } from '../start/data-dir.ts'
import { explainDatabase } from '../start/database.ts'
import { StartError } from '../start/start-error.ts'
import { within } from '../within.ts'
import { Database } from './database.ts'
import { embeddedConnection, findRunning, startEmbedded } from './embedded.ts'
import { refusePooler } from './pooler.ts'
import { type Watched, watchConnections } from './watch.ts'

interface Options {
  /**
   * `own` holds the data directory for as long as it is open; `attach` is for the workers of the process that does; `join` works
   * beside a server that runs on it.
   */
  mode: 'own' | 'attach' | 'join'
  log: { info(message: string): void; error(message: string): void }
  background: Background
  /** Whether a PostgreSQL that is slow to answer is waited for, where no request is behind it. */
  isPatient?: boolean
}

export interface OpenDatabase {
  database: Database
  connection: pg.ClientConfig
  close(): Promise<void>
}

const oldestMajor = 15
const farewellMs = 1_000
/** Of a node, beside its pool: pipelined reads, the watch, the notifications of the queue. */
const connectionsBeside = 10

/** Connects to the configured PostgreSQL, or to the bundled one, which is started when it does not run. */
export async function openDatabase(config: Config, options: Options): Promise<OpenDatabase> {
  const { mode, log, background, isPatient = false } = options
  const hasOwnPostgres = config.DATABASE_URL === undefined
  if (mode === 'own') await prepareDataDir(config.DATA_DIR, { hasOwnPostgres })
  const { connection: plain, stop } = await connect(config, { mode, log, background })
  const { connection, stop: stopWatching } = isPatient ? unwatched(plain) : watchConnections(plain, background)
  const database = new Database({ ...connection, max: config.DATABASE_POOL_SIZE })
  const close = async () => {
    await stopWatching()
    // What still works on a connection ends with PostgreSQL, or with the process.
    await within(farewellMs, database.close())
    await stop()
  }
  try {
    await explained(config, async () => {
      await refuseUnfit(database)
      if (!hasOwnPostgres) await refusePooler(database)
    })
    return { database, connection, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Keep-alives hold a connection open that waits for long. */
const unwatched = (connection: pg.ClientConfig): Watched => ({
  connection: { ...connection, keepAlive: true, keepAliveInitialDelayMillis: 30_000 },
  stop: async () => {},
})

/** Does what needs the database at the start; a failure names the setting that says where it is. */
export async function explained<T>({ DATABASE_URL, DATA_DIR }: Config, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (DATABASE_URL === undefined) throw explainDataDir(DATA_DIR, error)
    throw explainDatabase(error as Error, DATABASE_URL)
  }
}

async function connect(
  config: Config,
  { mode, log, background }: Options,
): Promise<{ connection: pg.ClientConfig; stop(): Promise<void> }> {
  const nothingToStop = async () => {}
  if (config.DATABASE_URL !== undefined)
    return { connection: { connectionString: verified(config.DATABASE_URL) }, stop: nothingToStop }
  if (mode === 'attach') return { connection: embeddedConnection(config.DATA_DIR), stop: nothingToStop }
  const running = mode === 'join' ? await findRunning(config.DATA_DIR) : undefined
  if (running) return { connection: running, stop: nothingToStop }
  if (mode === 'join') await prepareDataDir(config.DATA_DIR, { hasOwnPostgres: true })
  const connections = workersOf(config) * (config.DATABASE_POOL_SIZE + connectionsBeside)
  return explained(config, () => startEmbedded(config.DATA_DIR, log, background, connections))
}

/** The driver takes `require` for `verify-full`, with a warning; said outright it is silent. */
const verified = (url: string) => url.replace(/([?&]sslmode=)(require|verify-ca)(?=&|$)/, '$1verify-full')

async function refuseUnfit(database: Database): Promise<void> {
  const { rows } = await database.pool.query<{ version: string; is_standby: boolean }>(
    "SELECT current_setting('server_version_num') AS version, pg_is_in_recovery() AS is_standby",
  )
  const major = Math.floor(Number(rows[0]?.version) / 10_000)
  if (major < oldestMajor)
    throw new StartError(`DATABASE_URL: PostgreSQL is version ${major}; ${oldestMajor} or newer is needed`)
  if (rows[0]?.is_standby) throw new StartError('DATABASE_URL: this PostgreSQL is a standby; name the primary')
}
