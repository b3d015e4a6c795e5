import sql from 'sql-template-tag'
import type { Author } from '../actor.ts'
import type { Database, Db } from '../db/database.ts'
import { isLasting, isLockTimeout } from '../db/lasting.ts'
import type { Task } from '../jobs/queue.ts'
import { enqueueJob, type Item, type JobKey, type Outcome, type Running, type Work } from './job.ts'
import { type Counted, settle } from './settle.ts'

/** Devices or SIMs that one transaction changes, which takes some 100 ms. */
const atOnce = 200
/** After so long, other tasks have their turn before the rest of the job. */
const turnMs = 1_000
/** What somebody else had locked is looked for again after so long. */
const againMs = 500
/** The change of a portion waits no longer for a lock, for a cancel waits for the portion. */
const lockTimeoutMs = 1_000

/** Carries a job on in portions, each a transaction that ends by writing down how far it has come. */
export function jobTask<Target, Change>(work: Work<Target, Change>): Task<JobKey> {
  const task: Task<JobKey> = {
    name: work.kind.replace('.', '-'),
    run: async (db, key, signal) => {
      const endsAt = performance.now() + turnMs
      for (let seen = 0; ; ) {
        const next = await doPortion(db, work, key, seen)
        if (next === 'ended') return
        if (next === 'blocked') return enqueueJob(db, task, key, new Date(Date.now() + againMs))
        seen = next
        if (signal.aborted || performance.now() > endsAt) return enqueueJob(db, task, key)
      }
    },
  }
  return task
}

interface Read {
  target: unknown
  change: unknown
  isDryRun: boolean
  afterKey: string | null
  isTotalKnown: boolean
  isReceived: boolean
  createdAt: string
  createdBy: Pick<Author, 'kind' | 'id'>
  /** The groups that it was started within. */
  groups: string[] | null
}

/** @returns the job unless it has ended. */
async function read(db: Db, { accountId, id }: JobKey): Promise<Read | undefined> {
  const { rows } = await db.query<Read>(sql`
    SELECT target, change, is_dry_run AS "isDryRun", after_key AS "afterKey", is_total_known AS "isTotalKnown",
           is_received AS "isReceived", created_at::text AS "createdAt", created_by AS "createdBy", groups
    FROM job WHERE account_id = ${accountId} AND id = ${id} AND finished_at IS NULL`)
  return rows[0]
}

type Next = 'ended' | 'blocked' | number

/**
 * Does the next portion: of the target, and after it of what waits.
 *
 * @param seen the last item of what waits that this run has come to.
 * @returns that item; `blocked` where only what is locked is left.
 */
async function doPortion<Target, Change>(
  db: Database,
  work: Work<Target, Change>,
  key: JobKey,
  seen: number,
): Promise<Next> {
  const row = await read(db, key)
  if (!row?.isReceived) {
    if (row) await cancelJob(db, key)
    return 'ended'
  }
  const author: Author = { ...row.createdBy, accountId: key.accountId, groups: row.groups ?? undefined }
  const job = { id: key.id, author, target: row.target as Target, change: row.change as Change }
  const change = changing(work, job, row.isDryRun)
  try {
    if (row.afterKey === null) return await doWaiting(db, key, seen, change)
    if (!row.isTotalKnown) await countTotal(db, work, job, row.createdAt)
    const stretch = { after: row.afterKey, limit: atOnce, createdUntil: row.createdAt }
    const found = (await work.find?.(db, author, job.target, stretch)) ?? []
    await doFound(db, key, row.afterKey, found, change)
    return seen
  } catch (error) {
    if (isLockTimeout(error)) return 'blocked'
    throw error
  }
}

type Change = (tx: Db, items: readonly Item[]) => Promise<Outcome[]>

/** What a dry run has done is undone at once: what it says is what a run would say. */
const changing =
  <Target, Of>(work: Work<Target, Of>, job: Running<Target, Of>, isDryRun: boolean): Change =>
  async (tx, items) => {
    const change: Change = (inner, some) => work.change(inner, job, some)
    if (!isDryRun) return orOneByOne(tx, items, change)
    let outcomes: Outcome[] = []
    const undone = new Error('a dry run')
    await tx
      .transaction(async (inner) => {
        outcomes = await orOneByOne(inner, items, change)
        throw undone
      })
      .catch((error) => {
        if (error !== undone) throw error
      })
    return outcomes
  }

/** Changes a portion; where it fails and would fail again, one by one, so that the one at fault holds up no other. */
async function orOneByOne(tx: Db, items: readonly Item[], change: Change): Promise<Outcome[]> {
  try {
    return await tx.transaction((inner) => change(inner, items))
  } catch (error) {
    if (!isLasting(error)) throw error
    if (items.length === 1) return [{ reason: 'Something went wrong on our side' }]
  }
  const outcomes: Outcome[] = []
  for (const item of items) outcomes.push(...(await orOneByOne(tx, [item], change)))
  return outcomes
}

/** Counts what no count is kept of. Members may come and go meanwhile: the end of the job has the last word. */
async function countTotal<Target>(
  db: Db,
  work: Pick<Work<Target, never>, 'count'>,
  { id, author, target }: Omit<Running<Target, unknown>, 'change'>,
  createdAt: string,
): Promise<void> {
  const total = (await work.count?.(db, author, target, createdAt)) ?? 0
  await db.query(sql`
    UPDATE job SET total = ${total}, is_total_known = true WHERE account_id = ${author.accountId} AND id = ${id}`)
}

/** Whoever moves the mark changes what lies before it; another worker that wanted to finds it moved. */
async function doFound(db: Database, key: JobKey, after: string, found: string[], change: Change): Promise<void> {
  const { accountId, id } = key
  const mark = found.length < atOnce ? null : (found.at(-1) ?? null)
  await db.transaction(
    async (tx) => {
      const { rowCount } = await tx.query(sql`
        UPDATE job SET state = 'running', after_key = ${mark}
        WHERE account_id = ${accountId} AND id = ${id} AND after_key = ${after} AND finished_at IS NULL`)
      if (rowCount === 0) return
      const items = found.map((subject) => ({ subject }))
      await settle(tx, key, items, await change(tx, items))
    },
    { lockTimeoutMs },
  )
}

/** Ends a job before its end; a portion that is under way is waited for, and none follows it. @returns whether it had not ended. */
export async function cancelJob(db: Db, { accountId, id }: JobKey): Promise<boolean> {
  const { rowCount } = await db.query(sql`
    UPDATE job SET state = 'canceled', finished_at = now()
    WHERE account_id = ${accountId} AND id = ${id} AND finished_at IS NULL`)
  return rowCount === 1
}

async function doWaiting(db: Database, key: JobKey, seen: number, change: Change): Promise<Next> {
  const { accountId, id } = key
  return db.transaction(
    async (tx) => {
      const { rowCount } = await tx.query(sql`
        UPDATE job SET state = 'running' WHERE account_id = ${accountId} AND id = ${id} AND finished_at IS NULL`)
      if (rowCount === 0) return 'ended'
      const { rows: items } = await tx.query<Item & { id: number }>(sql`
        SELECT id, line, subject, input FROM job_item
        WHERE account_id = ${accountId} AND job_id = ${id} AND id > ${seen} ORDER BY id LIMIT ${atOnce}`)
      const last = items.at(-1)
      if (!last) return (await end(tx, key)) ? 'ended' : 'blocked'
      const counted: Counted = await settle(tx, key, items, await change(tx, items))
      // What had to wait for one before it is next where something was done.
      return counted.later > 0 && counted.later < items.length ? seen : last.id
    },
    { lockTimeoutMs },
  )
}

/** @returns whether nothing waits. */
async function end(tx: Db, { accountId, id }: JobKey): Promise<boolean> {
  const { rowCount } = await tx.query(sql`
    UPDATE job AS j SET state = 'succeeded', finished_at = now(), total = done + failed
    WHERE account_id = ${accountId} AND id = ${id}
      AND NOT EXISTS (SELECT FROM job_item AS i WHERE i.account_id = j.account_id AND i.job_id = j.id)`)
  return rowCount === 1
}
