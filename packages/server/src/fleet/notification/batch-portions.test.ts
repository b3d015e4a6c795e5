import { randomUUID } from 'node:crypto'
import { createGroup } from '@mason/contract/group'
import { cancelBatch, getBatch, getNotification, listNotifications } from '@mason/contract/notification'
import { NIL } from 'uuid'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { useMqttDevices } from '../../../test/mqtt-device.ts'
import { sendMany } from '../../../test/notifications.ts'
import type { Db } from '../../core/db/database.ts'
import { foldCounters } from '../../core/jobs/fold-counters.ts'
import { portion } from '../../core/jobs/portion.ts'
import type { WakeUps } from '../wake-ups.ts'
import * as batches from './batch.ts'
import { queueBatchTask, queueNext } from './queue-batch.ts'
import { takeBackBatch } from './take-back.ts'

const platform = usePlatform({}, { areJobsRunning: false })
const connect = useMqttDevices()
const many = 2_000
const wakeUps: WakeUps = { gateway: randomUUID(), queued: () => {}, credentialDied: () => {} }
const queueBatch = queueBatchTask(wakeUps)
const signal = new AbortController().signal

async function rowsOf<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
  return (await platform.database.pool.query<Row>(text, values)).rows
}

/** An account with a device that checks in, and so many more. */
async function fleetOf(size = many): Promise<{ account: TestAccount; device: TestDevice }> {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  const device = await newDevice(platform, account, { group: 'tills' })
  await rowsOf(
    `INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash)
     SELECT account_id, new_id(), 'Till ' || n, 'TILL-' || n, family, group_name, 'none'
     FROM device, generate_series(2, $2) AS n WHERE id = $1`,
    [device.id, size],
  )
  return { account, device }
}

const actorOf = ({ accountId }: TestAccount) =>
  ({
    kind: 'key',
    accountId,
    id: randomUUID(),
    isOperator: false,
    scopes: new Set(['notify:refresh'] as const),
    groups: undefined,
  }) as const

/** Does something that asks for a task, which nobody takes up: the test does what it needs of it. */
function withoutTasks<T>(work: (tx: Db) => Promise<T>): Promise<T> {
  return platform.database.transaction(async (tx) => {
    const result = await work(tx)
    await tx.query({
      name: '',
      text: "DELETE FROM graphile_worker._private_jobs WHERE payload ->> 'id' IS NOT NULL",
      values: [],
    })
    return result
  })
}

/** Sends a command to the whole fleet, of which nothing but the first portion is queued. */
async function begin(account: TestAccount) {
  const text = await withoutTasks((tx) =>
    batches.notifyMany(tx, { wakeUps, queueBatch }, actorOf(account), { type: 'refresh', target: { group: 'tills' } }),
  )
  const { id } = JSON.parse(text) as { id: string }
  return { accountId: account.accountId, id }
}

const read = async (account: TestAccount, id: string) => (await account.call(getBatch, { id })).data[0]

/** What is written of a batch: how many commands, for how many devices, in how many transactions of at most how many. */
async function written(id: string) {
  const [row] = await rowsOf<{ commands: number; devices: number; transactions: number; largest: number }>(
    `SELECT sum(rows)::int AS commands, (SELECT count(DISTINCT device_id)::int FROM notification WHERE batch_id = $1) AS devices,
            count(*)::int AS transactions, max(rows)::int AS largest
     FROM (SELECT count(*) AS rows FROM notification WHERE batch_id = $1 GROUP BY xmin::text) AS portions`,
    [id],
  )
  return row
}

const isQueueing = async (id: string) =>
  (await rowsOf('SELECT FROM batch_queueing WHERE batch_id = $1', [id])).length > 0

test('a batch to many is queued in portions, and its states add up to its total at every moment', async () => {
  const { account } = await fleetOf()
  const sent = await sendMany(account, { type: 'refresh', target: { group: 'tills' } })
  expect(sent).toMatchObject({ total: many, states: { queued: many } })
  await eventually(async () => {
    expect(await read(account, sent.id)).toMatchObject({ total: many, states: { queued: many } })
    expect(await isQueueing(sent.id)).toBe(false)
  })
  const { transactions = 0, largest, ...all } = (await written(sent.id)) ?? {}
  expect(all).toEqual({ commands: many, devices: many })
  expect(transactions).toBeGreaterThan(many / portion)
  expect(largest).toBeLessThanOrEqual(portion)
})

test('a device that is connected gets the command from whichever portion', async () => {
  const { account } = await fleetOf()
  const last = await newDevice(platform, account, { group: 'tills' })
  const connected = await connect(last)
  const { id } = await sendMany(account, { type: 'refresh', target: { group: 'tills' } })
  const command = await connected.next()
  expect((await account.call(getNotification, { id: command.id })).data[0]).toMatchObject({ batch: id, state: 'sent' })
  await eventually(async () => expect(await isQueueing(id)).toBe(false))
  expect(await read(account, id)).toMatchObject({ total: many + 1, states: { queued: many, sent: 1 } })
})

test('a portion that breaks off is queued again, and two workers queue for each device once', async () => {
  const { account } = await fleetOf()
  const batch = await begin(account)
  await queueNext(platform.database, wakeUps, batch)
  const breaking: Db = {
    query: (query) => platform.database.query(query),
    copy: (statement, rows) => platform.database.copy(statement, rows),
    afterCommit: (effect) => platform.database.afterCommit(effect),
    transaction: (work) =>
      platform.database.transaction(async (tx) => {
        await work(tx)
        throw new Error('broken off')
      }),
  }
  const before = await written(batch.id)
  await expect(queueNext(breaking, wakeUps, batch)).rejects.toThrow('broken off')
  expect(await written(batch.id)).toEqual(before)
  expect(await read(account, batch.id)).toMatchObject({ total: many, states: { queued: many } })
  const run = () => queueBatch.run(platform.database, batch, signal)
  await Promise.all([run(), run(), run()])
  await eventually(async () => expect(await isQueueing(batch.id)).toBe(false))
  await run()
  expect(await written(batch.id)).toMatchObject({ commands: many, devices: many })
})

test('devices that come later are not among those of a batch, and those that go lower its total', async () => {
  const { account, device } = await fleetOf()
  const batch = await begin(account)
  const [late] = await rowsOf<{ id: string }>(
    `INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash)
     SELECT account_id, new_id(), 'Late', 'LATE', family, group_name, 'none' FROM device WHERE id = $1 RETURNING id`,
    [device.id],
  )
  await rowsOf("DELETE FROM device WHERE account_id = $1 AND name IN ('Till 1900', 'Till 1901')", [account.accountId])
  await queueBatch.run(platform.database, batch, signal)
  await eventually(async () => expect(await isQueueing(batch.id)).toBe(false))
  expect(await read(account, batch.id)).toMatchObject({ total: many - 2, states: { queued: many - 2 } })
  expect((await account.call(listNotifications, { device: late?.id ?? '' })).data).toEqual([])
})

test('the devices of a filter that nobody counts are counted by the task', async () => {
  const { account } = await fleetOf()
  const sent = await sendMany(account, { type: 'refresh', target: { filter: { n: 'Till', outOfDate: false } } })
  expect(sent.states).toEqual({ queued: sent.total })
  await eventually(async () => {
    expect(await isQueueing(sent.id)).toBe(false)
    expect(await read(account, sent.id)).toMatchObject({ total: many - 1, states: { queued: many - 1 } })
  })
})

test('a batch that is canceled halfway is canceled at once, and taken back in portions', async () => {
  const { account, device } = await fleetOf()
  const batch = await begin(account)
  await queueNext(platform.database, wakeUps, batch)
  await queueNext(platform.database, wakeUps, batch)
  const own = (await account.call(listNotifications, { device: device.id })).data[0]?.id ?? ''
  const said = async () => (await account.call(getNotification, { id: own })).data[0]
  // Somebody holds the first ones, so that they are taken back last.
  const holder = await platform.database.pool.connect()
  await holder.query('BEGIN')
  await holder.query('SELECT FROM notification WHERE batch_id = $1 ORDER BY id LIMIT 10 FOR UPDATE', [batch.id])
  await withoutTasks((tx) => batches.cancelBatch(tx, actorOf(account), batch.id))
  expect(await read(account, batch.id)).toMatchObject({ total: many, states: { canceled: many } })
  expect(await said()).toMatchObject({ state: 'canceled', finishedAt: expect.any(String) })
  expect((await device.checkIn({ bootId: 'b' })).notifications).toEqual([])
  await device.checkIn({ partial: true, notificationStates: [{ id: own, state: 'acknowledged' }] })
  expect(await rowsOf('SELECT state FROM notification WHERE id = $1', [own])).toEqual([{ state: 'queued' }])
  expect(await queueNext(platform.database, wakeUps, batch)).toBe(false)

  const canceled = await read(account, batch.id)
  expect((await account.call(cancelBatch, { id: batch.id })).data[0]).toEqual(canceled)
  await takeBackBatch.run(platform.database, { ...batch, after: NIL }, signal)
  expect(await rowsOf('SELECT FROM notification WHERE batch_id = $1 AND finished_at IS NULL', [batch.id])).toHaveLength(
    10,
  )
  await holder.query('ROLLBACK')
  holder.release()
  const left = () => rowsOf('SELECT FROM batch WHERE id = $1 AND is_canceling', [batch.id])
  await eventually(async () => expect(await left()).toEqual([]))
  expect(await isQueueing(batch.id)).toBe(false)
  expect(await read(account, batch.id)).toEqual(canceled)
  expect(await rowsOf('SELECT DISTINCT state FROM notification WHERE batch_id = $1', [batch.id])).toEqual([
    { state: 'canceled' },
  ])
  const events = await rowsOf(
    "SELECT count(*)::int FROM event WHERE type = 'notification.canceled' AND data ->> 'batch' = $1 GROUP BY subject ->> 'id' HAVING count(*) > 1",
    [batch.id],
  )
  expect(events).toEqual([])
  expect(Math.max(...(await portionsOf(batch.id)))).toBeLessThanOrEqual(portion)
})

const portionsOf = async (id: string) =>
  (
    await rowsOf<{ rows: number }>(
      'SELECT count(*)::int AS rows FROM notification WHERE batch_id = $1 GROUP BY xmin::text',
      [id],
    )
  ).map(({ rows }) => rows)

test('a cancel does not wait for a portion that is being queued, and takes that back as well', async () => {
  const { account } = await fleetOf()
  const batch = await begin(account)
  const isHeld = Promise.withResolvers<void>()
  const canEnd = Promise.withResolvers<void>()
  const slow: Db = {
    query: (query) => platform.database.query(query),
    copy: (statement, rows) => platform.database.copy(statement, rows),
    afterCommit: (effect) => platform.database.afterCommit(effect),
    transaction: (work) =>
      platform.database.transaction(async (tx) => {
        const result = await work(tx)
        isHeld.resolve()
        await canEnd.promise
        return result
      }),
  }
  const queueing = queueNext(slow, wakeUps, batch)
  await isHeld.promise
  const { data } = await account.call(cancelBatch, { id: batch.id })
  expect(data[0]?.states).toEqual({ canceled: many })
  canEnd.resolve()
  await queueing
  await takeBackBatch.run(platform.database, { ...batch, after: NIL }, signal)
  await eventually(async () =>
    expect(await rowsOf('SELECT FROM batch WHERE id = $1 AND is_canceling', [batch.id])).toEqual([]),
  )
  expect(await rowsOf('SELECT DISTINCT state FROM notification WHERE batch_id = $1', [batch.id])).toEqual([
    { state: 'canceled' },
  ])
  expect(await read(account, batch.id)).toEqual(data[0])
})

test('a change of the fleet adds to its batch; what is added after a cancel is canceled', async () => {
  const { account, device } = await fleetOf(4)
  const devices = (
    await rowsOf<{ id: string }>('SELECT id FROM device WHERE account_id = $1 ORDER BY id', [account.accountId])
  ).map(({ id }) => id)
  const id = randomUUID()
  const add = (ids: string[]) =>
    platform.database.transaction((tx) => batches.queueForMany(tx, wakeUps, actorOf(account), ids, 'refresh', id))
  await add(devices.slice(0, 2))
  await add(devices.slice(2, 3))
  expect(await read(account, id)).toMatchObject({ total: 3, states: { queued: 3 } })
  await account.call(cancelBatch, { id })
  await add(devices.slice(3))
  expect(await read(account, id)).toMatchObject({ total: 4, states: { canceled: 4 } })
  expect((await device.checkIn({ bootId: 'b' })).notifications).toEqual([])
})

test('the counts of a batch stay when its commands are past their retention, and go with it', async () => {
  const { account } = await fleetOf(3)
  const { id } = await sendMany(account, { type: 'refresh', target: { group: 'tills' } })
  const counts = () =>
    rowsOf("SELECT key, value FROM counter_total WHERE kind = 'batch' AND key LIKE $1 AND value <> 0", [`${id}/%`])
  await platform.database.transaction((tx) => foldCounters.run(tx))
  const before = await read(account, id)
  // As a batch from before there were counts.
  await rowsOf('UPDATE batch SET is_counted = false WHERE id = $1', [id])
  expect(await read(account, id)).toEqual(before)
  await rowsOf('UPDATE batch SET is_counted = true WHERE id = $1', [id])
  await rowsOf('DELETE FROM notification WHERE batch_id = $1', [id])
  expect(await read(account, id)).toEqual(before)
  expect(await counts()).toHaveLength(1)
  await rowsOf('DELETE FROM batch WHERE id = $1', [id])
  expect(await counts()).toEqual([])
})
