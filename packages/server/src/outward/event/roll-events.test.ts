import { updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createGroup, deleteGroup } from '@mason/contract/group'
import { afterEach, expect, test } from 'vitest'
import { databaseAt } from '../../../test/databases.ts'
import { partitionOn, rollOn, rowsByDay } from '../../../test/days.ts'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type Platform, startPlatform, type TestAccount } from '../../../test/harness.ts'
import type { Database } from '../../core/db/database.ts'
import { migrate } from '../../core/db/migrate.ts'
import { horizon, readBehind } from './service.ts'

/** Each test has days of its own. */
const open: Platform[] = []
afterEach(async () => {
  for (const platform of open.splice(0)) await platform.stop()
})

async function newFleet(): Promise<{ platform: Platform; account: TestAccount }> {
  const platform = await startPlatform({ EVENT_DAYS: '7' }, { areJobsRunning: false })
  open.push(platform)
  return { platform, account: await platform.newAccount() }
}

const roll = (platform: Platform, daysFromNow: number) => rollOn(platform, 'roll-events', daysFromNow)

/** Creates a group, as it was so many days from now. */
async function createOn(platform: Platform, account: TestAccount, daysFromNow: number, name: string): Promise<void> {
  await account.call(createGroup, { name })
  await platform.database.pool.query(
    "UPDATE event SET time = now() + make_interval(days => $1) WHERE account_id = $2 AND subject ->> 'id' = $3",
    [daysFromNow, account.accountId, name],
  )
}

const groupsOf = async (account: TestAccount) =>
  (await account.call(listEvents, { type: 'group.created' })).data.map(({ subject }) => subject.id)

test('what is past its retention is dropped with its day, and nothing else', async () => {
  const { platform, account } = await newFleet()
  await createOn(platform, account, -30, 'before-days')
  for (const day of [-9, -8, -7, -2]) {
    await roll(platform, day)
    await createOn(platform, account, day, `day${day}`)
  }
  expect(await rowsByDay(platform, 'event')).toMatchObject({
    [partitionOn('event', -9)]: 1,
    [partitionOn('event', -8)]: 1,
  })
  await roll(platform, 0)
  expect(await groupsOf(account)).toEqual(['day-7', 'day-2'])
  const left = await rowsByDay(platform, 'event')
  const days = [-7, -6, -5, -2, -1, 0, 1, 2].map((day) => partitionOn('event', day))
  expect(Object.keys(left)).toEqual([...days, 'event_default'])
  expect(left).toMatchObject({ event_default: 0, [partitionOn('event', -7)]: 1 })
})

test('days that nobody began come into the one before, which is kept for as long as they are', async () => {
  const { platform, account } = await newFleet()
  await roll(platform, -9)
  await createOn(platform, account, -9, 'early')
  await createOn(platform, account, -6, 'late')
  expect(await rowsByDay(platform, 'event')).toMatchObject({ [partitionOn('event', -9)]: 2, event_default: 0 })
  await roll(platform, 0)
  expect(await groupsOf(account)).toEqual(['early', 'late'])
  await platform.database.pool.query("UPDATE event SET time = now() - interval '8 days'")
  await roll(platform, 0)
  expect(await groupsOf(account)).toEqual([])
})

test('a node that dies between two steps leaves the rest to the next one', async () => {
  const { platform, account } = await newFleet()
  // One step: the partition of today is there, and has not begun.
  await platform.runJob('roll-events')
  await account.call(createGroup, { name: 'between' })
  expect(await rowsByDay(platform, 'event')).toMatchObject({ [partitionOn('event', 0)]: 0, event_default: 0 })
  await roll(platform, 0)
  await account.call(createGroup, { name: 'after' })
  expect(await groupsOf(account)).toEqual(['between', 'after'])
  expect(await rowsByDay(platform, 'event')).toMatchObject({ [partitionOn('event', 0)]: 1, event_default: 0 })
})

test('a clock that ran ahead holds up no day once it is right again', async () => {
  const { platform, account } = await newFleet()
  await roll(platform, 400)
  await account.call(createGroup, { name: 'ahead' })
  await roll(platform, 0)
  await account.call(createGroup, { name: 'right-again' })
  await roll(platform, 1)
  await account.call(createGroup, { name: 'tomorrow' })
  expect(await groupsOf(account)).toEqual(['ahead', 'right-again', 'tomorrow'])
  expect(await rowsByDay(platform, 'event')).toMatchObject({
    [partitionOn('event', 400)]: 1,
    [partitionOn('event', 0)]: 1,
    [partitionOn('event', 1)]: 1,
    event_default: 0,
  })
})

test('after a restore, which raises the epoch of ids, events are kept and days begin again', async () => {
  const { platform, account } = await newFleet()
  await roll(platform, 0)
  await account.call(createGroup, { name: 'before' })
  await platform.database.pool.query("SELECT nextval('event_epoch')")
  await account.call(createGroup, { name: 'after' })
  await roll(platform, 3)
  await account.call(createGroup, { name: 'new-day' })
  expect(await groupsOf(account)).toEqual(['before', 'after', 'new-day'])
  expect(await rowsByDay(platform, 'event')).toMatchObject({ event_default: 1, [partitionOn('event', 3)]: 1 })
  await platform.database.pool.query(
    "UPDATE event SET time = now() - interval '8 days' WHERE subject ->> 'id' = 'after'",
  )
  await roll(platform, 3)
  expect(await groupsOf(account)).toEqual(['before', 'new-day'])
})

test('pages go over the ends of days, both ways and with every filter', async () => {
  const { platform, account } = await newFleet()
  const { id: device } = await newDevice(platform, account)
  for (const day of [-5, -4, -3, -2, -1, 0]) {
    await roll(platform, day)
    for (const name of [`a${day}`, `b${day}`, `c${day}`]) await account.call(createGroup, { name })
    await account.call(updateDevice, { id: device, name: `till${day}` })
    if (day % 2 === 0) await account.call(deleteGroup, { name: `b${day}` })
  }
  for (const filter of [{}, { type: 'group.created' }, { type: 'group.deleted' }, { type: 'group.' }, { device }]) {
    const all = (await account.call(listEvents, { ...filter, limit: 1_000 })).data.map(({ id }) => id)
    expect(all.length).toBeGreaterThanOrEqual(3)
    expect(all).toEqual([...all].sort())
    const forward: string[] = []
    let page = await account.call(listEvents, { ...filter, limit: 2 })
    let last = page
    for (;;) {
      forward.push(...page.data.map(({ id }) => id))
      last = page
      if (page.next === undefined) break
      page = await account.call(listEvents, { ...filter, limit: 2, after: page.next })
    }
    expect(forward).toEqual(all)
    const backward = last.data.map(({ id }) => id)
    for (page = last; page.prev !== undefined; ) {
      page = await account.call(listEvents, { ...filter, limit: 2, before: page.prev })
      backward.unshift(...page.data.map(({ id }) => id))
    }
    expect(backward).toEqual(all)
  }
})

test('while somebody reads for long no day is dropped, and who writes does not wait', async () => {
  const { platform, account } = await newFleet()
  await roll(platform, -9)
  await createOn(platform, account, -9, 'past')
  const reader = await platform.database.pool.connect()
  await reader.query('BEGIN')
  await reader.query('SELECT FROM event LIMIT 1')
  await Promise.all([roll(platform, 0), account.call(createGroup, { name: 'meanwhile' })])
  expect(await groupsOf(account)).toEqual(['past', 'meanwhile'])
  await reader.query('COMMIT')
  reader.release()
  await roll(platform, 0)
  expect(await groupsOf(account)).toEqual(['past', 'meanwhile'])
  await platform.database.pool.query(
    "UPDATE event SET time = now() - interval '8 days' WHERE subject ->> 'id' = 'meanwhile'",
  )
  await roll(platform, 0)
  expect(await groupsOf(account)).toEqual([])
})

test('while somebody writes for long no day begins, and nobody else waits', async () => {
  const { platform, account } = await newFleet()
  const writer = await platform.database.pool.connect()
  await writer.query('BEGIN')
  await writer.query(insertion(account.accountId))
  await Promise.all([roll(platform, 0), account.call(createGroup, { name: 'meanwhile' })])
  // Nobody is told of an event before those that may commit behind it.
  expect(await groupsOf(account)).toEqual([])
  await writer.query('COMMIT')
  writer.release()
  await roll(platform, 0)
  await account.call(createGroup, { name: 'today' })
  expect(await groupsOf(account)).toEqual(['meanwhile', 'today'])
  expect(await rowsByDay(platform, 'event')).toMatchObject({ [partitionOn('event', 0)]: 1, event_default: 0 })
})

test('a program of before, which deletes by the place in a table, deletes nothing of a day', async () => {
  const { platform, account } = await newFleet()
  await createOn(platform, account, -30, 'past')
  await createOn(platform, account, -1, 'recent')
  for (const day of [-1, 0]) {
    await roll(platform, day)
    await account.call(createGroup, { name: `day${day}` })
  }
  // The past one is the first of its partition, as are those of the days.
  await platform.database.pool.query(`
    DELETE FROM event WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM event AS t WHERE time < now() - make_interval(days => 7) LIMIT 500 FOR UPDATE SKIP LOCKED))`)
  expect(await groupsOf(account)).toEqual(['recent', 'day-1', 'day0'])
})

const insertion = (accountId: string) =>
  `INSERT INTO event (account_id, type, actor, subject) VALUES ('${accountId}', 'test.day', '{}', '{"kind":"test","id":"x"}')
   RETURNING id`

/** Writes events from many sides, and follows them, while something is done. @returns what was committed and what was seen. */
async function whileWriting(database: Database, accountId: string, work: () => Promise<unknown>) {
  const committed: string[] = []
  const seen: string[] = []
  let isOver = false
  const write = async () => {
    while (!isOver)
      committed.push(
        ...(await database.transaction(async (tx) => {
          const ids: string[] = []
          for (let count = 3; count > 0; count--) {
            const { rows } = await tx.query<{ id: string }>({ name: '', text: insertion(accountId), values: [] })
            ids.push(rows[0]?.id ?? '')
          }
          return ids
        })),
      )
  }
  const follow = async (isLast: () => boolean) => {
    let position = ''
    for (let isEnd = false; !isEnd; ) {
      isEnd = isLast()
      const end = await horizon(database)
      const [events = []] = await readBehind(database, [{ accountId, position }], end, 10_000)
      seen.push(...events.map(({ id }) => id))
      position = events.at(-1)?.id ?? position
    }
  }
  let isWritten = false
  const writers = [1, 2, 3].map(write)
  const following = follow(() => isWritten)
  await work().finally(() => {
    isOver = true
  })
  await Promise.all(writers)
  isWritten = true
  await following
  return { committed: committed.sort(), seen }
}

test('a follower sees every event once and in order while days begin', async () => {
  const { platform, account } = await newFleet()
  const { committed, seen } = await whileWriting(platform.database, account.accountId, async () => {
    // With everybody writing, some turns do not get their lock.
    for (let day = -5; day <= 0; day++)
      await eventually(async () => {
        await roll(platform, day)
        expect(Object.keys(await rowsByDay(platform, 'event'))).toContain(partitionOn('event', day))
      })
  })
  expect(seen.filter((id) => committed.includes(id))).toEqual(committed)
  const days = await rowsByDay(platform, 'event')
  expect(days).toMatchObject({ event_default: 0 })
  expect(Object.values(days).filter((count) => count > 0).length).toBeGreaterThan(1)
})

test('a database with events is upgraded while programs of before write and read them', async () => {
  const pool = await databaseAt(33)
  const accountId = '00000000-0000-7000-8000-000000000001'
  await pool.query(`INSERT INTO account (id, name) VALUES ('${accountId}', 'a')`)
  await pool.query(
    `INSERT INTO event (account_id, type, actor, subject, time)
     SELECT '${accountId}', 'test.before', '{}', '{}', now() - interval '3 days' FROM generate_series(1, 1000)`,
  )
  const { committed, seen } = await whileWriting(pool.database, accountId, () => migrate(pool.database))
  expect(committed.length).toBeGreaterThan(0)
  expect(seen.slice(1_000)).toEqual(committed)
  const { rows } = await pool.query('SELECT tableoid::regclass::text AS name, count(*) FROM event GROUP BY name')
  expect(rows).toEqual([{ name: 'event_before', count: 1_000 + committed.length }])
})
