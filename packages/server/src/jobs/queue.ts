import { Logger, type Runner, run, runMigrations } from 'graphile-worker'
import sql from 'sql-template-tag'
import type { Database, Db } from '../db/database.ts'

/** Work that a change asks for: done at least once, after the change is committed, whatever crashes in between. */
export interface Task<Payload> {
  name: string
  /** A failure is tried again with back-off, up to `maxAttempts` times. */
  run(db: Database, payload: Payload, signal: AbortSignal): Promise<void>
  maxAttempts?: number
}

interface Enqueued {
  /** A job that waits under the same key is replaced: many askers, one run. */
  key?: string
  runAt?: Date
}

interface Log {
  error(details: object, message: string): void
}

const concurrency = 4
/** A stopping node gives its running jobs this long; another node then takes them up. */
const graceMs = 5_000

/** Asks for work in the transaction of the change that needs it. */
export async function enqueue<Payload extends object>(
  tx: Db,
  task: Task<Payload>,
  payload: Payload,
  { key, runAt }: Enqueued = {},
): Promise<void> {
  await tx.query(sql`
    SELECT graphile_worker.add_job(${task.name}, payload => ${JSON.stringify(payload)}::json, job_key => ${key ?? null},
      run_at => ${runAt ?? null}::timestamptz, max_attempts => ${task.maxAttempts ?? null}::int)`)
}

/** Brings the queue's own tables to this program's version. */
export async function migrateQueue(database: Database): Promise<void> {
  await runMigrations({ pgPool: database.pool, logger: silent })
}

/** Works on what was enqueued, on any node. */
export async function startQueue(
  database: Database,
  tasks: readonly Task<never>[],
  log: Log,
): Promise<{ stop(): Promise<void> }> {
  const runner: Runner = await run({
    pgPool: database.pool,
    concurrency,
    noHandleSignals: true,
    gracefulShutdownAbortTimeout: graceMs,
    logger: silent,
    taskList: Object.fromEntries(
      tasks.map((task) => [
        task.name,
        async (payload, { abortSignal }) => {
          try {
            await task.run(database, payload as never, abortSignal ?? new AbortController().signal)
          } catch (error) {
            log.error({ err: error, task: task.name }, 'a job failed; it is tried again')
            throw error
          }
        },
      ]),
    ),
  })
  return { stop: () => runner.stop() }
}

/** What matters of a job is logged above. */
const silent = new Logger(() => () => {})
