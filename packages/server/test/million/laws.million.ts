import { expect, test } from 'vitest'
import { useFleet } from './fleet.ts'
import { faultsOf } from './laws.ts'
import { record } from './recorder.ts'

// The laws refuse what the platform has done at one time or another: each case is a statement that broke one.

const fleet = useFleet(false)

interface Wrong {
  statement: string
  fault: RegExp
  /** What makes PostgreSQL choose the plan that it chose then. */
  settings?: string
}

const cases: Readonly<Record<string, Wrong>> = {
  'a roll-out that looks for each device of a group among all that have been told': {
    settings: 'SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off',
    statement: `
      WITH told AS MATERIALIZED (SELECT device_id FROM heartbeat ORDER BY device_id DESC LIMIT 1000)
      SELECT id FROM device LEFT JOIN told ON device_id = id WHERE family = 'D450' AND device_id IS NULL ORDER BY id LIMIT 500`,
    fault: /and \d{6,} from memory for 500 /,
  },
  'the progress of a roll-out that is counted': {
    statement: `SELECT count(*) FILTER (WHERE os_updated) FROM device WHERE family = 'D450'`,
    fault: /read \d+ rows and 0 from memory for 1 /,
  },
  'a sweep that marks all silent devices at once': {
    statement: `UPDATE device SET online = false WHERE id IN (SELECT id FROM device WHERE online ORDER BY id LIMIT 1500)`,
    fault: /locked 1500 rows/,
  },
  'a sweep whose statement only returns how many there were': {
    statement: `
      WITH missed AS (
        UPDATE heartbeat SET silent_since = last_checkin
        WHERE device_id IN (SELECT device_id FROM heartbeat ORDER BY device_id LIMIT 1200) RETURNING 1)
      SELECT count(*) FROM missed`,
    fault: /locked 1200 rows/,
  },
  'an expiry of all commands that have fallen due': {
    statement: `UPDATE notification SET state = 'expired' WHERE id IN (SELECT id FROM notification ORDER BY id LIMIT 2000)`,
    fault: /locked 2000 rows/,
  },
  'a retention that deletes by a time without an index': {
    statement: `
      DELETE FROM notification WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM notification WHERE created_at < now() - interval '8 years' LIMIT 500))`,
    fault: /read \d+ rows and 0 from memory for 0 /,
  },
  'a search that passes along the primary key': {
    statement: `SELECT id FROM device WHERE name LIKE '%nothing%' ORDER BY account_id, id LIMIT 101`,
    fault: /read \d+ rows and 0 from memory for 0 /,
  },
  'a list of the latest that sorts all': {
    statement: 'SELECT id FROM notification ORDER BY created_at DESC LIMIT 101',
    fault: /read \d+ rows and 0 from memory for 101 /,
  },
  'a page that is read by its offset': {
    statement: 'SELECT id FROM device ORDER BY account_id, id LIMIT 101 OFFSET 10000',
    fault: /read 10101 rows and 0 from memory for 101 /,
  },
  'a transaction of many small statements': {
    statement: `
      DO $$ BEGIN
        UPDATE device SET update_checked_at = now() WHERE id IN (SELECT id FROM device ORDER BY account_id, id LIMIT 1);
        FOR turn IN 1 .. 60 LOOP
          PERFORM count(*) FROM (SELECT FROM device ORDER BY account_id, id LIMIT 900) AS d;
        END LOOP;
      END $$`,
    fault: /touched \d{5,} in/,
  },
}

test.each(Object.entries(cases))('the laws refuse %s', async (_, { statement, fault, settings = 'SELECT' }) => {
  const { pool } = fleet.platform.database
  const client = await pool.connect()
  const recording = await record(async () => {
    await client.query('BEGIN')
    await client.query(settings)
    await client.query(statement)
    await client.query('ROLLBACK')
  })
  client.release()
  expect(faultsOf(recording).join('\n')).toMatch(fault)
})

test('the laws see what a pool sends without a transaction', async () => {
  const { pool } = fleet.platform.database
  const statement =
    'UPDATE device SET update_checked_at = now() WHERE id IN (SELECT id FROM device ORDER BY id LIMIT 1100)'
  expect(faultsOf(await record(() => pool.query(statement))).join('\n')).toMatch(/locked 1100 rows/)
})

test('the laws accept a portion of many devices', async () => {
  const { pool } = fleet.platform.database
  const statement = `UPDATE device SET update_checked_at = now() WHERE id IN (SELECT id FROM device ORDER BY account_id, id LIMIT 900)`
  expect(faultsOf(await record(() => pool.query(statement)))).toEqual([])
})

test('by the clock, a kind of transaction is long when more than a few of it are', () => {
  const took = (...times: number[]) => ({
    ...{ statements: 0, unbounded: new Map() },
    transactions: times.map((ms) => ({ ms, locked: 1, written: 1, touched: 1, text: 'UPDATE device …' })),
  })
  expect(faultsOf(took(8_600), { longestMs: 200 })).toHaveLength(1)
  expect(faultsOf(took(...Array(99).fill(50), 210), { longestMs: 200 })).toEqual([])
})
