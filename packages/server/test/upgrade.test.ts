import pg from 'pg'
import { describe, expect, test } from 'vitest'
import type { Database } from '../src/core/db/database.ts'
import { locks } from '../src/core/db/locks.ts'
import { migrate } from '../src/core/db/migrate.ts'
import { databaseAt, newDatabase, shipped } from './databases.ts'
import { bodiesText, schemaText } from './schema-text.ts'

const newest = shipped.migrations.at(-1)?.version
const describeDatabase = async ({ pool }: Database) => ({
  schema: await schemaText(pool),
  bodies: await bodiesText(pool),
})

let described: ReturnType<typeof describeDatabase> | undefined
/** What a new database is made of. */
const fresh = () => {
  described ??= newDatabase('template').then(describeDatabase)
  return described
}

/** The newest ones and every tenth before; `UPGRADE_FROM=all` asks of all. */
const versions = shipped.migrations
  .map(({ version }) => version)
  .filter((_version, index, all) => process.env.UPGRADE_FROM === 'all' || index % 10 === 0 || index >= all.length - 4)

describe('an upgrade', () => {
  test.each(versions)('from version %i keeps the data and ends where a new database begins', async (version) => {
    const pool = await databaseAt(version)
    await fillWhatThereIs(pool)
    const before = await countRows(pool)
    expect(before).toMatchObject({ account: 1, device_group: 1, device: 1 })
    expect(await migrate(pool.database)).toBe(newest)
    const { database } = pool
    expect(await describeDatabase(database)).toEqual(await fresh())
    expect(await countRows(pool)).toMatchObject(before)
    const { rows } = await pool.query('SELECT document::json FROM device_document')
    expect(rows).toMatchObject([{ document: { name: 'Till 1', group: { name: 'tills' } } }])
  })

  test('keeps the data, of which views and triggers go on speaking', async () => {
    const pool = await databaseAt(20)
    await pool.query(fleet)
    await pool.query(reported)
    const shown = await documentsOf(pool)
    const before = await countRows(pool)
    await migrate(pool.database)
    // Devices had no kind then.
    const kept = (await documentsOf(pool)).map(({ document }) => document.replace('"kind":"mason-linux",', ''))
    expect(kept).toEqual(shown.map(({ document }) => document))
    expect(await countRows(pool)).toMatchObject(before)
    const document = async (view: string) => (await pool.query(`SELECT document::json FROM ${view}`)).rows[0]?.document
    expect(await document('device_document')).toMatchObject({ name: 'Till 1', group: { name: 'tills' } })
    expect(await document('notification_document')).toMatchObject({ state: 'queued', type: 'refresh' })
    expect(await document('deployment_document')).toMatchObject({ state: 'running', devices: { told: 1 } })
    expect(await document('sim_document')).toMatchObject({
      state: 'active',
      dataLimit: { bytes: 5, action: 'suspend' },
    })
    await pool.query("UPDATE notification SET state = 'canceled'")
    await pool.query("UPDATE sim SET imei_lock = '356938035643809'")
    const { rows: events } = await pool.query('SELECT type FROM event ORDER BY id')
    expect(events.map(({ type }) => type)).toEqual([
      'sim.device',
      'notification.queued',
      'notification.canceled',
      'sim.imei_lock',
    ])
    await expect(pool.query("UPDATE notification SET state = 'lost'")).rejects.toThrow('notification_state')
  })
})

test('the apps of devices that were there before are counted, portion by portion', async () => {
  const pool = await databaseAt(53)
  await pool.query(`
    INSERT INTO account (id, name) VALUES ('00000000-0000-7000-8000-000000000001', 'a');
    INSERT INTO device_group (account_id, name) SELECT id, 'tills' FROM account;
    INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash, apps)
    SELECT id, gen_random_uuid(), n, n, 'D450', 'tills', '', ',"apps":[{"name":"till","version":"' || n % 2 || '"}]'
    FROM account, generate_series(1, 1201) AS n`)
  await migrate(pool.database)
  const counts = async () => {
    const { rows } = await pool.query("SELECT document FROM app_document WHERE package = 'till'")
    return rows.map(({ document: { devices, versions } }) => ({ devices, versions }))
  }
  expect(await counts()).toEqual([
    {
      devices: 1201,
      versions: [
        { version: '1', devices: 601 },
        { version: '0', devices: 600 },
      ],
    },
  ])
  await pool.query(`DELETE FROM device WHERE apps LIKE '%"1"%'`)
  expect(await counts()).toEqual([{ devices: 600, versions: [{ version: '0', devices: 600 }] }])
})

describe('a start', () => {
  test('with nothing to migrate waits for no lock', async () => {
    const database = await newDatabase('template')
    await database.transaction(async (tx) => {
      await tx.query({
        text: 'LOCK TABLE migration, sql_definition, device, event IN ROW EXCLUSIVE MODE',
        values: [],
        name: '',
      })
      await tx.query({ text: `SELECT pg_advisory_xact_lock(${locks.migration})`, values: [], name: '' })
      expect(await migrate(database)).toBe(newest)
    })
  })

  test('puts a definition right that is another one than it should be', async () => {
    const database = await newDatabase('template')
    await database.pool.query(`
      CREATE OR REPLACE FUNCTION month_start() RETURNS date LANGUAGE sql STABLE RETURN '2000-01-01'::date;
      UPDATE sql_definition SET hash = 'of an earlier text' WHERE name = 'FUNCTION month_start'`)
    await migrate(database)
    const { rows } = await database.pool.query("SELECT month_start()::text LIKE '2000%' AS is_old")
    expect(rows).toEqual([{ is_old: false }])
  })

  test('leaves the definitions of a newer program alone', async () => {
    const database = await newDatabase('template')
    await database.pool.query(`
      CREATE OR REPLACE FUNCTION month_start() RETURNS date LANGUAGE sql STABLE RETURN '2000-01-01'::date;
      UPDATE sql_definition SET hash = 'of a later text', revision = 1000 WHERE name = 'FUNCTION month_start'`)
    await migrate(database)
    const { rows } = await database.pool.query("SELECT month_start()::text LIKE '2000%' AS is_newer")
    expect(rows).toEqual([{ is_newer: true }])
  })
})

/** What tables, columns and functions of earlier versions are missing for. */
const isUnknown = (error: unknown) =>
  error instanceof pg.DatabaseError && ['42P01', '42703', '42883'].includes(error.code ?? '')

/** Fills a database of any version: what it has no table or column for is left out. */
async function fillWhatThereIs(pool: pg.Pool): Promise<void> {
  for (const statement of fleet.split(';\n'))
    await pool.query(statement).catch((error) => {
      if (!isUnknown(error)) throw new Error(`${error.message}: ${statement}`)
    })
}

const documentsOf = async (pool: pg.Pool) =>
  (await pool.query<{ document: string }>('SELECT document FROM device_document ORDER BY id')).rows

/** How many rows each table has that has any. */
async function countRows(pool: pg.Pool): Promise<Record<string, number>> {
  const { rows: tables } = await pool.query<{ name: string }>(`
    SELECT relname AS name FROM pg_class
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = current_schema()::regnamespace
      AND relname NOT IN ('migration', 'sql_definition') ORDER BY name`)
  const counts = tables.map(async ({ name }) => {
    const { rows } = await pool.query<{ count: number }>(`SELECT count(*) FROM ${name}`)
    return [name, rows[0]?.count ?? 0] as const
  })
  return Object.fromEntries((await Promise.all(counts)).filter(([, count]) => count > 0))
}

const reported = `
  UPDATE device SET battery = ',"battery":{"level":"81"}', apps = ',"apps":[]', online = false, os_updated = false,
    os = ',"os":{"masonOS":{"release":"2.14"}}', connection = ',"connection":{"wifi":{"ssid":"é"}}',
    last_checkin = '2026-01-01T00:00:00.1Z', last_checkin_text = iso_time('2026-01-01T00:00:00.1Z')`

/** Something of everything that has a state. */
const fleet = `
  INSERT INTO account (id, name) VALUES ('00000000-0000-7000-8000-000000000001', 'a');
  INSERT INTO api_key (account_id, id, name, prefix, hash, scopes) SELECT id, gen_random_uuid(), 'k', 'p', '', '{}' FROM account;
  INSERT INTO app_user (account_id, id, email, scopes) SELECT id, gen_random_uuid(), 'u@example.com', '{}' FROM account;
  INSERT INTO user_link SELECT account_id, id, '', 'invitation', now() FROM app_user;
  INSERT INTO device_group (account_id, name) SELECT id, 'tills' FROM account;
  INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash, iccids, imei)
  SELECT id, gen_random_uuid(), 'Till 1', 's', 'D450', 'tills', '', '{8944500000000001236}', '356938035643808' FROM account;
  INSERT INTO sim (account_id, iccid, carrier, state, pending_state, data_limit_bytes, data_limit_action)
  SELECT id, '8944500000000001236', 'manual', 'active', 'suspended', 5, 'suspend' FROM account;
  UPDATE device SET iccids = NULL;
  UPDATE device SET iccids = '{8944500000000001236}';
  DELETE FROM event WHERE data ? 'from';
  INSERT INTO sim_over_limit (account_id, iccid, month, bytes, action) SELECT account_id, iccid, current_date, 5, 'suspend' FROM sim;
  INSERT INTO batch (account_id, id, type, total) SELECT id, gen_random_uuid(), 'refresh', 1 FROM account;
  INSERT INTO notification (account_id, id, device_id, type, state, changed_by, expires_at)
  SELECT account_id, new_id(), id, 'refresh', 'queued', '{"kind":"system"}', now() FROM device;
  INSERT INTO deployment (account_id, id, group_name, type, name, version, push, steps, soak_minutes, max_failure_percent, content)
  SELECT account_id, gen_random_uuid(), 'tills', 'apk', 'com.example.till', '1', true, '{100}', 0, 0, '{"apps":[]}' FROM device;
  INSERT INTO deployment_device (account_id, deployment_id, device_id, state)
  SELECT p.account_id, p.id, d.id, 'told' FROM deployment AS p, device AS d;
  INSERT INTO project (account_id, name) SELECT id, 'kiosk' FROM account;
  INSERT INTO build (account_id, id, project, version, submitted_at, requested_by)
  SELECT id, gen_random_uuid(), 'kiosk', '1', 1, '{}' FROM account;
  INSERT INTO storage_object VALUES (repeat('0', 64), '', '', 0);
  INSERT INTO artifact (account_id, id, type, name, version, sha256)
  SELECT id, gen_random_uuid(), 'apk', 'com.example.till', '1', repeat('0', 64) FROM account;
  INSERT INTO upload (account_id, id, type, sha256) SELECT id, gen_random_uuid(), 'ota', repeat('0', 64) FROM account;
  INSERT INTO export (account_id, id, kind, format, filters) SELECT id, gen_random_uuid(), 'sim', 'csv', '{}' FROM account;
  INSERT INTO subscription_change (account_id, id, actor, type, thresholds)
  SELECT id, gen_random_uuid(), '{}', 'pay_as_you_go', '{}' FROM account`
