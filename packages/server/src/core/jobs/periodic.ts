import { hash } from 'node:crypto'
import sql from 'sql-template-tag'
import type { Background } from '../background.ts'
import type { Db } from '../db/database.ts'
import { lockSpaces, locks } from '../db/locks.ts'

/** Work that is done again and again; doing it twice or on two nodes at once does no harm. */
export interface PeriodicJob {
  name: string
  everyMs: number
  /** It removes what a backup that is being written may still have to read, or locks a table that one reads. */
  waitsForBackup?: true
  /**
   * Does a portion of what there is to do now; each portion is a transaction of its own, which holds its locks for a moment.
   *
   * @returns whether there may be more.
   */
  run(tx: Db): Promise<boolean>
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
      .job(job.name)
      .run(() => runAlone(db, job, () => isStopping))
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

async function runAlone(db: Db, job: PeriodicJob, isStopping: () => boolean): Promise<void> {
  const lock = Buffer.from(hash('sha256', job.name, 'buffer')).readInt32BE(0)
  let isMore = true
  while (isMore && !isStopping())
    isMore = await db.transaction(async (tx) => {
      const { rows } = await tx.query<{ taken: boolean }>(
        sql`SELECT pg_try_advisory_xact_lock(${lockSpaces.periodicJob}, ${lock})
              AND (${!job.waitsForBackup} OR pg_try_advisory_xact_lock_shared(${locks.backup})) AS taken`,
      )
      return rows[0]?.taken === true && job.run(tx)
    })
}
