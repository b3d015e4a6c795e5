import type { JobKind } from '@mason/contract/job'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor, Author } from '../actor.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { actorDocument } from '../event/record.ts'
import { readOne } from '../http/read-one.ts'
import { enqueue, type Task } from '../jobs/queue.ts'
import type { Reach } from '../reach.ts'

export interface JobKey {
  accountId: string
  id: string
}

/** A device or SIM whose turn it is, or a line that names one. */
export interface Item {
  /** Of the row that it waits in; none for one of the target. */
  id?: number
  line?: number | null
  subject: string | null
  input?: unknown
}

/** What became of an item; `later` that it is locked by somebody, or has to wait for one before it. */
export type Outcome = 'done' | 'later' | { reason: string; subject?: string | undefined }

/** A job that goes on. */
export interface Running<Target, Change> {
  id: string
  author: Author
  target: Target
  change: Change
}

/** The devices or SIMs of a target after one of them, and how many. */
interface Stretch {
  after: string
  limit: number
  /** Those that came later are not among them. */
  createdUntil: string
}

/** How a kind of job finds what it is for, and changes it. */
export interface Work<Target, Change> {
  kind: JobKind
  /** Where it has a target: the next of it, and how many there are. */
  find?(db: Db, reach: Reach, target: Target, stretch: Stretch): Promise<string[]>
  count?(db: Db, reach: Reach, target: Target, createdUntil: string): Promise<number>
  /** Changes a portion. @returns what became of each, in their order. */
  change(tx: Db, job: Running<Target, Change>, items: readonly Item[]): Promise<Outcome[]>
}

interface NewJob {
  kind: JobKind
  target?: unknown
  change?: unknown
  isDryRun?: boolean
  /** False where its lines are still to arrive. */
  isReceived?: boolean
  /** The columns of its lines that it does not know. */
  ignored?: readonly string[]
  /** Where it is known. */
  total?: number | undefined
}

/** Writes a job down. One with a target begins with its first member. */
export async function addJob(tx: Db, actor: Actor, job: NewJob): Promise<JobKey> {
  const { kind, target, change, isDryRun = false, isReceived = true, ignored = [], total } = job
  const key = { accountId: actor.accountId, id: uuidv7() }
  await tx.query(sql`
    INSERT INTO job (account_id, id, kind, is_dry_run, is_received, ignored_columns, target, change, after_key, total,
                     is_total_known, groups, created_by)
    VALUES (${key.accountId}, ${key.id}, ${kind}, ${isDryRun}, ${isReceived}, ${ignored.length > 0 ? ignored : null},
            ${jsonOf(target)}, ${jsonOf(change)}, ${target === undefined ? null : ''}, ${total ?? 0}, ${total !== undefined},
            ${actor.groups ?? null}, ${actorDocument(actor)})`)
  return key
}

const jsonOf = (value: unknown) => (value === undefined ? null : JSON.stringify(value))

/** Calls for the next portions of a job, now or later: the last call counts. The jobs of an account go on one after another. */
export const enqueueJob = (tx: Db, task: Task<JobKey>, key: JobKey, runAt = new Date()): Promise<void> =>
  enqueue(tx, task, key, { key: `job ${key.id}`, queue: `job ${key.accountId}`, runAt })

/** A job that is written down, or what it would reach. */
export async function startJob(
  db: Db,
  actor: Actor,
  task: Task<JobKey>,
  job: NewJob & { dryRun: boolean; expect: number | undefined; noun: string },
  count: () => Promise<number>,
): Promise<string> {
  const { kind, dryRun, expect, noun } = job
  if (dryRun) return JSON.stringify({ kind, total: await count(), dryRun: true })
  const total = expect === undefined ? job.total : await count()
  if (expect !== undefined && expect !== total)
    throw new AppError(
      'conflict_error',
      `The change would reach ${total} ${noun}${total === 1 ? '' : 's'}, not ${expect}: send expect ${total} if that is what you mean`,
    )
  return db.transaction(async (tx) => {
    const key = await addJob(tx, actor, { ...job, total })
    await enqueueJob(tx, task, key)
    return readJob(tx, key)
  })
}

/** The document of a job, for whoever may see it. */
export const readJob = (db: Db, { accountId, id }: JobKey): Promise<string> =>
  readOne(db, { accountId, groups: undefined }, 'job', 'job_document', { id })
