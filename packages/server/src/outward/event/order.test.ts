import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { startPeriodicJobs } from '../../core/jobs/periodic.ts'
import { horizon, readBehind } from './service.ts'

const platform = usePlatform()
const typesOf = async (account: TestAccount) => (await account.call(listEvents)).data.map(({ type }) => type)
const insertion = (account: TestAccount, type: string) =>
  `INSERT INTO event (account_id, type, actor, subject) VALUES ('${account.accountId}', '${type}', '{}', '{"kind":"test","id":"x"}')`

test('an event that commits late is never stepped over', async () => {
  const account = await platform.newAccount()
  const early = await platform.database.pool.connect()
  await early.query('BEGIN')
  await early.query(insertion(account, 'late.commit'))
  await platform.database.pool.query(insertion(account, 'early.commit'))
  expect(await typesOf(account)).toEqual([])
  await early.query('COMMIT')
  early.release()
  expect(await typesOf(account)).toEqual(['late.commit', 'early.commit'])
})

test.each(['this', 'another'])('a transaction of %s database that writes no events hides none', async (which) => {
  const account = await platform.newAccount()
  const { database } = platform.database.pool.options
  const elsewhere = new pg.Client({ ...inject('postgres'), database: which === 'this' ? database : 'postgres' })
  await elsewhere.connect()
  await elsewhere.query('BEGIN')
  await elsewhere.query('SELECT pg_current_xact_id()')
  await account.call(createGroup, { name: 'seen' })
  expect(await typesOf(account)).toEqual(['group.created'])
  await elsewhere.end()
})

test('a periodic job that is under way is not taken for a writer of events', async () => {
  const account = await platform.newAccount()
  const end = Promise.withResolvers<void>()
  const begun = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, ...Promise.withResolvers<void>() }))
  const jobs = begun.map(({ name, resolve }) => ({
    name,
    everyMs: 60_000,
    run: async () => {
      resolve()
      await end.promise
      return false
    },
  }))
  const running = startPeriodicJobs(platform.database, jobs, platform.background)
  await Promise.all(begun.map(({ promise }) => promise))
  const early = await platform.database.pool.connect()
  await early.query('BEGIN')
  await early.query(insertion(account, 'late.commit'))
  await platform.database.pool.query(insertion(account, 'early.commit'))
  expect(await typesOf(account)).toEqual([])
  await early.query('COMMIT')
  early.release()
  expect(await typesOf(account)).toEqual(['late.commit', 'early.commit'])
  end.resolve()
  await running.stop()
})

test('a follower sees every committed event once and in order, whatever the transactions beside it do', async () => {
  const account = await platform.newAccount()
  const committed = new Set<string>()
  let isWriting = true
  const seen: string[] = []
  const start = await horizon(platform.database)
  const follow = async () => {
    let position = start
    for (let isLast = false; !isLast; ) {
      isLast = !isWriting
      const end = await horizon(platform.database)
      const place = { accountId: account.accountId, position }
      const [events = []] = await readBehind(platform.database, [place], end, 1_000)
      seen.push(...events.map(({ id }) => id))
      position = events.at(-1)?.id ?? position
    }
  }
  /** Writes before its first event, between savepoints, after a rolled back one, or not at all, from many sides at once. */
  const write = async (writer: number, round: number) => {
    const client = await platform.database.pool.connect()
    const ids: string[] = []
    const insert = async () => {
      const { rows } = await client.query<{ id: string }>(`${insertion(account, 'test.order')} RETURNING id`)
      return rows[0]?.id ?? ''
    }
    await client.query('BEGIN')
    if ((writer + round) % 2 === 0) await client.query('SELECT pg_current_xact_id()')
    if ((writer + round) % 3 === 0) {
      await client.query('SAVEPOINT attempt')
      await insert()
      await client.query('ROLLBACK TO SAVEPOINT attempt')
    }
    for (let count = (writer * round) % 4; count > 0; count--) ids.push(await insert())
    const isKept = (writer + round) % 5 !== 0
    await client.query(isKept ? 'COMMIT' : 'ROLLBACK')
    if (isKept) for (const id of ids) committed.add(id)
    client.release()
  }
  const writeMany = async (writer: number) => {
    for (let round = 0; round < 40; round++) await write(writer, round)
  }
  const following = follow()
  await Promise.all([1, 2, 3, 4, 5, 6].map(writeMany))
  isWriting = false
  await following
  expect(seen).toEqual([...committed].sort())
})
