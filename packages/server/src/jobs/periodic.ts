import { hash } from 'node:crypto'
import sql from 'sql-template-tag'
import type { Background } from '../background.ts'
import type { Db } from '../db/database.ts'

/** Work that is done again and again; doing it twice or on two nodes at once does no harm. */
export interface PeriodicJob {
  name: string
  everyMs: number
  run(db: Db): Promise<void>
}

/** Runs the jobs on this node, each one on one node at a time. */
export function startPeriodicJobs(db: Db, jobs: PeriodicJob[], background: Background): { stop(): Promise<void> } {
  let isStopping = false
  const running = new Set<Promise<void>>()
  const timers = new Map<string, NodeJS.Timeout>()

  const schedule = (job: PeriodicJob) => {
    if (isStopping) return
    timers.set(job.name, setTimeout(() => run(job), job.everyMs).unref())
  }
  const run = (job: PeriodicJob) => {
    const work = background
      .loop(job.name)
      .run(() => runAlone(db, job))
      .then(() => {
        running.delete(work)
        schedule(job)
      })
    running.add(work)
  }
  for (const job of jobs) run(job)
  return {
    stop: async () => {
      isStopping = true
      for (const timer of timers.values()) clearTimeout(timer)
      await Promise.all(running)
    },
  }
}

async function runAlone(db: Db, job: PeriodicJob): Promise<void> {
  const lock = Buffer.from(hash('sha256', job.name, 'buffer')).readInt32BE(0)
  await db.transaction(async (tx) => {
    const { rows } = await tx.query<{ taken: boolean }>(sql`SELECT pg_try_advisory_xact_lock(7310, ${lock}) AS taken`)
    if (rows[0]?.taken) await job.run(tx)
  })
}
