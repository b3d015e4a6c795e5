import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Task as GraphileTask, type Runner, run, type WorkerEvents } from 'graphile-worker'
import sql from 'sql-template-tag'
import type { Background } from '../background.ts'
import type { Database, Db } from '../db/database.ts'
import { silent } from '../db/migrate-queue.ts'

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
  /** Jobs of one queue run one after another. */
  queue?: string
}

const concurrency = 4
const maxAdds = 10
/** A stopping node gives its running jobs this long; another node then takes them up. */
const graceMs = 5_000
/** The queue itself would leave the jobs of a node that was killed alone for four hours. */
const renewMs = 5_000
const deadSeconds = 30
const restartMs = 1_000
/** A job is begun as soon as the answer comes that says it is taken. */
const lostSeconds = 10

/** Asks for work in the transaction of the change that needs it. */
export async function enqueue<Payload extends object>(
  tx: Db,
  task: Task<Payload>,
  payload: Payload,
  { key, runAt, queue }: Enqueued = {},
): Promise<void> {
  // One whose key a worker takes at this very moment comes back as nothing, and is then added beside it.
  for (let attempt = 1; attempt <= maxAdds; attempt++) {
    const { rows } = await tx.query<{ id: number | null }>(sql`
      SELECT id FROM graphile_worker.add_job(${task.name}, payload => ${JSON.stringify(payload)}::json, job_key => ${key ?? null},
        run_at => ${runAt ?? null}::timestamptz, queue_name => ${queue ?? null}, max_attempts => ${task.maxAttempts ?? null}::int)`)
    if (rows.some(({ id }) => id !== null)) return
  }
  throw new Error(`${task.name} could not be enqueued`)
}

/** Works on what was enqueued, on any node. */
export async function startQueue(
  database: Database,
  tasks: readonly Task<never>[],
  background: Background,
): Promise<{ stop(): Promise<void> }> {
  const pools: string[] = []
  const underWay = new Set<string>()
  const stopping = new AbortController()
  const start = () =>
    run({
      pgPool: database.pool,
      concurrency,
      events: listen(background, pools, underWay),
      noHandleSignals: true,
      gracefulShutdownAbortTimeout: graceMs,
      logger: silent,
      // Without these, nobody hears that the end of a job could not be written, and its queue stands still.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      taskList: Object.fromEntries(tasks.map((task) => [task.name, runner(database, task, background)])),
    })
  let running: Runner = await start()
  const queue = background.loop('queue')
  /** The queue ends by itself when it cannot write how a job ended, and is ended when it lost one that it had taken. */
  const restart = async () => {
    await queue.run(() => running.promise)
    while (!stopping.signal.aborted) {
      await sleep(restartMs, undefined, { signal: stopping.signal }).catch(() => {})
      const isRunning = await queue.run(async () => {
        await freeJobsOf(database, pools)
        pools.length = 0
        running = await start()
        if (stopping.signal.aborted) await running.stop()
      })
      if (isRunning) await queue.run(() => running.promise)
    }
  }
  const restarting = restart()
  const renewal = background.every('queue-renewal', renewMs, async () => {
    await freeJobs(database, pools)
    if (await hasLost(database, pools, underWay)) await running.stop()
  })
  await renewal.turn()
  return {
    stop: async () => {
      stopping.abort()
      await renewal.stop()
      await running.stop().catch(() => {})
      await restarting
    },
  }
}

/** What matters of its work is counted and logged here; the queue's own log says too much. */
function listen(background: Background, pools: string[], underWay: Set<string>): WorkerEvents {
  const [jobs, notifications] = [background.loop('queue'), background.loop('queue-notifications')]
  const events: WorkerEvents = new EventEmitter()
  // A job is locked in the name of the pool, not of the worker in it.
  events.on('pool:create', ({ workerPool }) => pools.push(workerPool.id))
  events.on('worker:getJob:error', ({ error }) => jobs.failed(error))
  events.on('worker:getJob:empty', () => jobs.succeeded())
  events.on('job:start', ({ job }) => {
    underWay.add(job.id)
    jobs.succeeded()
  })
  events.on('job:complete', ({ job }) => underWay.delete(job.id))
  events.on('pool:fatalError', ({ error }) => jobs.failed(error))
  events.on('worker:fatalError', ({ error }) => jobs.failed(error))
  events.on('pool:listen:error', ({ error }) => notifications.failed(error))
  events.on('pool:listen:success', () => notifications.succeeded())
  return events
}

/** A job that fails is tried again by the queue. */
const runner =
  (database: Database, task: Task<never>, background: Background): GraphileTask =>
  async (payload, { abortSignal }) => {
    const loop = background.job(task.name)
    try {
      const signal = abortSignal ?? new AbortController().signal
      await background.around(task.name, () => task.run(database, payload as never, signal))
      loop.succeeded()
    } catch (error) {
      loop.failed(error)
      throw error
    }
  }

/** Gives the jobs of pools that have ended to others. */
async function freeJobsOf(database: Database, pools: string[]): Promise<void> {
  await database.query(sql`SELECT graphile_worker.force_unlock_workers(${pools}::text[])`)
}

/** Whether a job was taken by these pools and is not under way: PostgreSQL went away before its answer came. */
async function hasLost(database: Database, pools: string[], underWay: Set<string>): Promise<boolean> {
  const { rowCount } = await database.query(sql`
    SELECT FROM graphile_worker.jobs WHERE locked_by = ANY (${pools}::text[]) AND id <> ALL (${[...underWay]}::bigint[])
      AND locked_at < now() - make_interval(secs => ${lostSeconds}) LIMIT 1`)
  return rowCount === 1
}

/** Says that this node's pools live, and takes from those that went silent what they were working on. */
async function freeJobs(database: Database, pools: string[]): Promise<void> {
  await database.query(sql`
    INSERT INTO queue_worker (id) SELECT unnest(${pools}::text[]) ON CONFLICT (id) DO UPDATE SET seen_at = now()`)
  await database.query(sql`
    SELECT graphile_worker.force_unlock_workers(array_agg(DISTINCT locked_by)) FROM graphile_worker.jobs
    WHERE (locked_at < now() - make_interval(secs => ${deadSeconds}) OR locked_at > now()) AND NOT EXISTS (
      SELECT FROM queue_worker WHERE id = locked_by AND seen_at > now() - make_interval(secs => ${deadSeconds}))`)
  await database.query(sql`DELETE FROM queue_worker WHERE seen_at < now() - interval '1 day'`)
}
