import { expect, test } from 'vitest'
import { databaseAt, newDatabase, openDatabase, shipped } from '../../../test/databases.ts'
import { eventually } from '../../../test/eventually.ts'
import type { Database } from './database.ts'
import { migrate } from './migrate.ts'
import { newMigration, type Schema } from './migration-files.ts'

/** The schema of a release to come, which has these migrations more. */
const withMore = (files: Record<string, string>): Schema => ({
  ...shipped,
  migrations: [...shipped.migrations, ...Object.entries(files).map(([name, text]) => newMigration(name, text))],
})

const select = async (database: Database, text: string) => (await database.pool.query(text)).rows
const account = "('00000000-0000-7000-8000-000000000001', 'a')"
const groups = `INSERT INTO account (id, name) VALUES ${account};
  INSERT INTO device_group (account_id, name) SELECT id, 'g' || n FROM account, generate_series(1, 1000) AS n`

/** Ends the statement of the migration that waits, as a kill of the program does. */
const cutOff = (database: Database) =>
  eventually(async () => {
    const rows = await select(
      database,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    expect(rows).toHaveLength(1)
  })

/** Works while another transaction has done this and is still open. */
async function beside(database: Database, statement: string, work: () => Promise<void>): Promise<void> {
  const client = await database.pool.connect()
  await client.query(`BEGIN; ${statement}`)
  await work()
  await client.query('COMMIT')
  client.release()
}

test('a table that is in use delays the migration, and nobody else', async () => {
  const database = await newDatabase('template')
  const schema = withMore({ '9001_note.sql': 'ALTER TABLE device_group ADD COLUMN note text' })
  let migrating: Promise<number> | undefined
  await beside(database, 'SELECT FROM device_group', async () => {
    migrating = migrate(database, schema)
    for (let round = 0; round < 2; round++) {
      await eventually(async () => {
        const waiting = await select(
          database,
          "SELECT FROM pg_locks WHERE NOT granted AND relation = 'device_group'::regclass AND mode = 'AccessExclusiveLock'",
        )
        expect(waiting).toHaveLength(1)
      })
      // Stands behind the migration, until that gives up waiting for the first one.
      await select(database, 'SELECT name FROM device_group')
    }
  })
  expect(await migrating).toBe(9001)
  await select(database, 'SELECT note FROM device_group')
})

test('an index is built beside those who write, and is completed after it was cut off', async () => {
  const database = await newDatabase('template')
  await database.pool.query(groups)
  const schema = withMore({
    '9001_index.concurrent.sql': 'CREATE INDEX CONCURRENTLY group_by_description ON device_group (description)',
  })
  const validity = () =>
    select(database, "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('group_by_description')")
  await beside(database, "UPDATE device_group SET description = 'x' WHERE name = 'g1'", async () => {
    const outcome = migrate(database, schema).catch((error: Error) => error)
    await eventually(async () => expect(await validity()).toEqual([{ indisvalid: false }]))
    await database.pool.query("UPDATE device_group SET description = 'y' WHERE name = 'g2'")
    await cutOff(database)
    expect(await outcome).toBeInstanceOf(Error)
    expect(await validity()).toEqual([{ indisvalid: false }])
  })
  expect(await migrate(database, schema)).toBe(9001)
  expect(await validity()).toEqual([{ indisvalid: true }])
})

test('an index of a table in partitions is built in each of them, and completed after it was cut off', async () => {
  const database = await newDatabase('template')
  await database.pool.query(`
    CREATE TABLE reading (at int, note text) PARTITION BY RANGE (at);
    CREATE TABLE reading_old PARTITION OF reading FOR VALUES FROM (0) TO (10);
    CREATE TABLE reading_new PARTITION OF reading FOR VALUES FROM (10) TO (20);
    INSERT INTO reading VALUES (1, 'x'), (11, 'y')`)
  const schema = withMore({
    '9001_reading.concurrent.sql': 'CREATE INDEX CONCURRENTLY reading_by_note ON reading (note)',
  })
  const parts = () =>
    select(
      database,
      `SELECT indrelid::regclass::text AS of, indisvalid FROM pg_index WHERE indexrelid::regclass::text LIKE 'reading%' ORDER BY of`,
    )
  await beside(database, "INSERT INTO reading_old VALUES (2, 'z')", async () => {
    const outcome = migrate(database, schema).catch((error: Error) => error)
    await eventually(async () =>
      expect(await parts()).toEqual([
        { of: 'reading', indisvalid: false },
        { of: 'reading_new', indisvalid: true },
        { of: 'reading_old', indisvalid: false },
      ]),
    )
    await cutOff(database)
    expect(await outcome).toBeInstanceOf(Error)
  })
  expect(await migrate(database, schema)).toBe(9001)
  const valid = ['reading', 'reading_new', 'reading_old'].map((of) => ({ of, indisvalid: true }))
  expect(await parts()).toEqual(valid)
})

test('an index that was built when the program was cut off is not built again', async () => {
  const database = await newDatabase('template')
  const text = 'CREATE INDEX CONCURRENTLY group_by_description ON device_group (description)'
  await database.pool.query(text)
  const before = await select(database, "SELECT 'group_by_description'::regclass::oid")
  await migrate(database, withMore({ '9001_index.concurrent.sql': text }))
  expect(await select(database, "SELECT 'group_by_description'::regclass::oid")).toEqual(before)
})

test('a large rewrite commits its portions, and goes on after it was cut off', async () => {
  const database = await newDatabase('template')
  await database.pool.query(groups)
  const schema = withMore({
    '9001_log.sql': 'CREATE TABLE rewrite_log (rows bigint)',
    '9002_fill.portions.sql': `
      -- As many rows as hold their locks for a moment.
      WITH done AS (
        UPDATE device_group SET description = 'filled' WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM device_group WHERE description <> 'filled' ORDER BY length(name), name LIMIT 100))
        RETURNING 1)
      INSERT INTO rewrite_log SELECT count(*) FROM done HAVING count(*) > 0`,
  })
  const filled = async () =>
    (await select(database, "SELECT count(*) FROM device_group WHERE description = 'filled'"))[0]?.count
  await beside(database, "SELECT FROM device_group WHERE name = 'g550' FOR UPDATE", async () => {
    const outcome = migrate(database, schema).catch((error: Error) => error)
    await eventually(async () => expect(await filled()).toBe(500))
    await cutOff(database)
    expect(await outcome).toBeInstanceOf(Error)
  })
  expect(await migrate(database, schema)).toBe(9002)
  expect(await filled()).toBe(1000)
  expect(await select(database, 'SELECT rows FROM rewrite_log')).toEqual(Array(10).fill({ rows: 100 }))
})

test('what takes long comes last, but before a contract that needs it', async () => {
  const database = await newDatabase('template')
  await database.pool.query(groups)
  const fill = `UPDATE device_group SET note = 'none' WHERE ctid = ANY (ARRAY(
                  SELECT ctid FROM device_group WHERE note IS NULL LIMIT 400))`
  const schema = withMore({
    '9001_note.sql': 'ALTER TABLE device_group ADD COLUMN note text',
    '9002_fill.portions.sql': fill,
    '9003_note.contract.sql': 'ALTER TABLE device_group ALTER COLUMN note SET NOT NULL',
    '9004_index.concurrent.sql': 'CREATE INDEX CONCURRENTLY group_by_note ON device_group (note)',
    '9005_more.sql': 'ALTER TABLE device_group ADD COLUMN more text',
  })
  await migrate(database, schema)
  const order = await select(
    database,
    'SELECT version FROM migration WHERE version > 9000 ORDER BY applied_at, version',
  )
  expect(order.map(({ version }) => version)).toEqual([9001, 9002, 9003, 9005, 9004])
})

test('of many nodes that start at once each ends at the version of the program', async () => {
  const { database } = await databaseAt(20)
  const other = new Array(3).fill(database)
  const newest = shipped.migrations.at(-1)?.version
  expect(await Promise.all(other.map((one) => migrate(one)))).toEqual(other.map(() => newest))
})

test('a migration lasts longer than a statement of the program may', async () => {
  const { database: name } = (await newDatabase('template')).pool.options
  const database = openDatabase(String(name), { statement_timeout: 1_000 })
  await database.pool.query(`INSERT INTO account (id, name) VALUES ${account}`)
  const schema = withMore({
    '9001_slow.sql': 'SELECT pg_sleep(1.2)',
    '9002_slow.portions.sql': 'DELETE FROM account WHERE pg_sleep(1.2) IS NULL',
    '9003_slow.concurrent.sql': 'CREATE INDEX CONCURRENTLY slow ON account (name) WHERE slow(name)',
  })
  await database.pool.query(`
    CREATE FUNCTION slow(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM pg_sleep(1.2); RETURN true; END'`)
  expect(await migrate(database, schema)).toBe(9003)
})

test('a database that a newer program has migrated is refused', async () => {
  const database = await newDatabase('template')
  await migrate(database, withMore({ '9001_note.sql': 'ALTER TABLE device_group ADD COLUMN note text' }))
  await expect(migrate(database)).rejects.toThrow('it was migrated by a newer program')
})
