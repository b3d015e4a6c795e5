import { createGroup } from '@mason/contract/group'
import pino from 'pino'
import type { Sql } from 'sql-template-tag'
import { expect, test } from 'vitest'
import { markedAtOnce } from '../src/channel/mqtt/sweep-presence.ts'
import { Background } from '../src/core/background.ts'
import type { Database, Db, Prepared } from '../src/core/db/database.ts'
import { type PeriodicJob, startPeriodicJobs } from '../src/core/jobs/periodic.ts'
import { portion } from '../src/core/jobs/portion.ts'
import { newDevice } from './factories.ts'
import { type TestAccount, usePlatform } from './harness.ts'

const platform = usePlatform({}, { areJobsRunning: false })
const run = async (text: string, values: unknown[] = []) => (await platform.database.pool.query(text, values)).rows
/** More than two portions hold. */
const many = 2 * portion + 100

/** A database that notes how many rows each statement changed. */
function watched(database: Database): { db: Db; changed: number[] } {
  const changed: number[] = []
  const watch = (tx: Db): Db => ({
    query: async <Row extends object>(query: Sql | Prepared) => {
      const result = await tx.query<Row & Record<string, unknown>>(query)
      const [row] = result.rows as { swept?: number; deleted?: number }[]
      const counted = Number(row?.swept ?? row?.deleted ?? 0)
      changed.push(Math.max(result.command === 'SELECT' ? 0 : (result.rowCount ?? 0), counted))
      return result as never
    },
    copy: tx.copy.bind(tx),
    transaction: (work) => tx.transaction((inner) => work(watch(inner))),
    afterCommit: tx.afterCommit.bind(tx),
  })
  return { db: watch(database), changed }
}

/** Does all that a job finds to do. @returns how many rows each of its statements changed. */
async function doAll(job: PeriodicJob): Promise<number[]> {
  const { db, changed } = watched(platform.database)
  const background = new Background(pino({ level: 'silent' }))
  // Stopped in between, a job leaves the portions to come to its next run.
  let isOver = false
  const once: PeriodicJob = {
    ...job,
    everyMs: 1_000_000,
    run: async (tx) => {
      const isMore = await job.run(tx)
      isOver = !isMore
      return isMore
    },
  }
  const jobs = startPeriodicJobs(db, [once], background)
  await expect.poll(() => isOver, { interval: 5 }).toBe(true)
  await jobs.stop()
  return changed
}

/** What lies ready for the jobs that take rows: how many there are, made of one device of an account. */
const work: Record<string, { fill: string; left: string; atOnce?: number }> = {
  'sweep-presence': {
    atOnce: markedAtOnce,
    fill: `INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash, boot_id, last_checkin)
           SELECT account_id, gen_random_uuid(), 'Silent ' || n, 'SILENT-' || n, family, group_name, 'none', 'boot',
                  now() - interval '1 day'
           FROM device, generate_series(1, ${many}) AS n WHERE id = $1`,
    left: `SELECT count(*)::int AS left FROM device WHERE online AND name LIKE 'Silent %'`,
  },
  'expire-notifications': {
    fill: `INSERT INTO notification (account_id, id, device_id, type, state, changed_by, expires_at)
           SELECT account_id, gen_random_uuid(), id, 'refresh', 'queued', '{"kind": "system"}', now() - interval '1 hour'
           FROM device, generate_series(1, ${many}) WHERE id = $1`,
    left: `SELECT count(*)::int AS left FROM notification WHERE finished_at IS NULL`,
  },
  // Those of before there were days.
  'roll-events': {
    fill: `INSERT INTO event (account_id, type, actor, subject, time)
           SELECT account_id, 'group.created', '{"kind": "system"}', '{}', now() - interval '9 years'
           FROM device, generate_series(1, ${many}) WHERE id = $1`,
    left: `SELECT count(*)::int AS left FROM event WHERE time < now() - interval '8 years'`,
  },
  'forget-notifications': {
    fill: `INSERT INTO notification (account_id, id, device_id, type, state, changed_by, created_at, expires_at, finished_at)
           SELECT account_id, uuidv7('-9 years'), id, 'refresh', 'succeeded', '{"kind": "system"}', past, past, past
           FROM device, generate_series(1, ${many}), (SELECT now() - interval '9 years') AS t (past) WHERE id = $1`,
    left: `SELECT count(*)::int AS left FROM notification WHERE created_at < now() - interval '8 years'`,
  },
  'forget-jobs': {
    fill: `WITH made AS (
             INSERT INTO job (account_id, id, kind, state, created_by, finished_at)
             SELECT account_id, new_id(), 'device.import', 'canceled', '{"kind": "system"}', now() - interval '9 years'
             FROM device WHERE id = $1 RETURNING account_id, id),
           lines AS (INSERT INTO job_item (account_id, job_id, line) SELECT account_id, id, n FROM made, generate_series(1, ${many}) AS n)
           INSERT INTO job_failure (account_id, job_id, line, reason)
           SELECT account_id, id, n, 'is wrong' FROM made, generate_series(1, ${many}) AS n`,
    left: `SELECT ((SELECT count(*) FROM job) + (SELECT count(*) FROM job_item) + (SELECT count(*) FROM job_failure))::int AS left`,
  },
  'expire-idempotency': {
    fill: `INSERT INTO idempotency (account_id, key, method, path, body_hash, status, answer, created_at)
           SELECT account_id, 'key ' || n, 'POST', '/', '', 200, '', now() - interval '2 days'
           FROM device, generate_series(1, ${many}) AS n WHERE id = $1`,
    left: `SELECT count(*)::int AS left FROM idempotency WHERE key LIKE 'key %'`,
  },
  'expire-sign-ins': {
    fill: `INSERT INTO guess (name, level, per_second, at)
           SELECT convert_to('g' || n, 'UTF8'), 1, 1, now() - interval '1 day'
           FROM device, generate_series(1, ${many}) AS n WHERE id = $1`,
    left: `SELECT count(*)::int AS left FROM guess`,
  },
}

async function withDevice(account: TestAccount) {
  await account.call(createGroup, { name: 'tills' })
  return newDevice(platform, account, { group: 'tills' })
}

test.each(Object.entries(work))(
  '%s works in portions, each committed by itself',
  async (name, { fill, left, atOnce = portion }) => {
    const { id } = await withDevice(await platform.newAccount())
    await platform.upFor(86_400)
    await run(fill, [id])
    expect(Number((await run(left))[0]?.left)).toBeGreaterThan(2 * portion)
    const job = platform.jobs.find((job) => job.name === name)
    if (!job) throw new Error(`there is no job ${name}`)
    const rows = await doAll(job)
    expect(Math.max(...rows)).toBe(atOnce)
    expect((await run(left))[0]?.left).toBe(0)
  },
)
