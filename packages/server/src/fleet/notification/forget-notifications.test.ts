import { getBatch, listNotifications } from '@mason/contract/notification'
import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { foldCounters } from '../../core/jobs/fold-counters.ts'
import { portion } from '../../core/jobs/portion.ts'

const platform = usePlatform({ EVENT_DAYS: '90' }, { areJobsRunning: false })
const run = async (text: string, values: unknown[] = []) => (await platform.database.pool.query(text, values)).rows

interface Sent {
  /** How many days ago it was sent. */
  at: number
  /** How many days ago it ended, if it did. */
  ended?: number
  count?: number
  batch?: string
}

/** Commands to devices that are not there any more. */
async function send({ accountId }: TestAccount, { at, ended, count = 1, batch }: Sent): Promise<void> {
  await run(
    `INSERT INTO notification (account_id, id, device_id, batch_id, type, state, changed_by, created_at, expires_at, finished_at)
     SELECT $1, uuidv7(make_interval(days => -$2::int)), gen_random_uuid(), $3, 'refresh',
            CASE WHEN $4::int IS NULL THEN 'queued' ELSE 'succeeded' END, '{"kind": "system"}',
            now() - make_interval(days => $2::int), now() + interval '1 year', now() - make_interval(days => $4::int)
     FROM generate_series(1, $5)`,
    [accountId, at, batch, ended, count],
  )
}

async function forgetAll(): Promise<void> {
  const job = platform.jobs.find(({ name }) => name === 'forget-notifications')
  while (await platform.database.transaction(async (tx) => job?.run(tx))) {}
}

/** How many days ago the commands were sent that are there, the earliest first. */
const daysOf = async ({ accountId }: TestAccount) =>
  (
    await run(
      `SELECT (now()::date - created_at::date)::int AS days, count(*)::int FROM notification
       WHERE account_id = $1 GROUP BY days ORDER BY days DESC`,
      [accountId],
    )
  ).map(({ days, count }) => [days, count])

test('what ended is forgotten when both are past: its sending and its end; what waits stays, however old it is', async () => {
  const [one, other] = [await platform.newAccount(), await platform.newAccount()]
  // More than a portion of what is kept lies before what goes.
  await send(one, { at: 120, count: portion + 10 })
  await send(one, { at: 110, ended: 80, count: portion })
  await send(one, { at: 100, ended: 99, count: 2 * portion + 10 })
  await send(one, { at: 89, ended: 88 })
  await send(other, { at: 91, ended: 91, count: 3 })
  await send(other, { at: 1 })
  await forgetAll()
  expect(await daysOf(one)).toEqual([
    [120, portion + 10],
    [110, portion],
    [89, 1],
  ])
  expect(await daysOf(other)).toEqual([[1, 1]])
  await forgetAll()
  expect(await daysOf(other)).toEqual([[1, 1]])
})

test('a batch keeps its counts when some of its commands are forgotten, and goes with the last', async () => {
  const account = await platform.newAccount()
  const [{ id }] = (await run('SELECT uuidv7(make_interval(days => -100)) AS id')) as [{ id: string }]
  await run(
    `INSERT INTO batch (account_id, id, type, total, created_at) VALUES ($1, $2, 'refresh', 4, now() - interval '100 days')`,
    [account.accountId, id],
  )
  await send(account, { at: 100, ended: 99, count: 3, batch: id })
  await send(account, { at: 100, batch: id })
  const states = async () => (await account.call(getBatch, { id })).data[0]
  const before = await states()
  expect(before).toMatchObject({ total: 4, states: { queued: 1, succeeded: 3 } })
  await forgetAll()
  expect(await daysOf(account)).toEqual([[100, 1]])
  await platform.database.transaction((tx) => foldCounters.run(tx))
  expect(await states()).toEqual(before)
  await run(
    `UPDATE notification SET state = 'expired', finished_at = now() - interval '91 days' WHERE account_id = $1`,
    [account.accountId],
  )
  await forgetAll()
  await expect(states()).rejects.toMatchObject({ status: 404 })
})

test('a locked command holds up nothing but itself', async () => {
  const account = await platform.newAccount()
  await send(account, { at: 100, ended: 99, count: 10 })
  const holder = await platform.database.pool.connect()
  await holder.query('BEGIN')
  await holder.query('SELECT FROM notification WHERE account_id = $1 ORDER BY id LIMIT 1 FOR UPDATE', [
    account.accountId,
  ])
  await forgetAll()
  expect(await daysOf(account)).toEqual([[100, 1]])
  await holder.query('COMMIT')
  holder.release()
  await forgetAll()
  expect(await daysOf(account)).toEqual([])
})

test('a command that has waited for longer than the retention is still carried out', async () => {
  const account = await platform.newAccount()
  const device = await newDevice(platform, account)
  await send(account, { at: 100 })
  await run('UPDATE notification SET device_id = $1 WHERE account_id = $2', [device.id, account.accountId])
  await forgetAll()
  expect((await device.checkIn()).notifications).toMatchObject([{ type: 'refresh' }])
  await device.checkIn()
  expect((await account.call(listNotifications)).data).toMatchObject([{ state: 'succeeded' }])
})
