import { randomUUID } from 'node:crypto'
import { listDevices, updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createGroup, deleteGroup, listGroups } from '@mason/contract/group'
import { createClient } from '@mason/sdk/client'
import { expect, test } from 'vitest'
import type { Definition } from '../src/core/db/definitions.ts'
import { migrate } from '../src/core/db/migrate.ts'
import { newMigration, type Schema } from '../src/core/db/migration-files.ts'
import { openDatabase, shipped } from './databases.ts'
import { eventually } from './eventually.ts'
import { checkInAs, newDevice, type TestDevice } from './factories.ts'
import { type TestAccount, usePlatform } from './harness.ts'

const platform = usePlatform()

/**
 * This program stands for the version before, and a release to come for the version that migrates: earlier programs are not in
 * a checkout without its history. The release does all that one may do: it adds columns, a check, a table, a trigger and an index,
 * replaces a view that is in use, and fills a column of every device.
 */
const files = {
  '9001_expand.sql': `
    ALTER TABLE device ADD COLUMN note text;
    ALTER TABLE device_group ADD CONSTRAINT device_group_name CHECK (name <> '') NOT VALID;
    CREATE TABLE note_change (account_id uuid NOT NULL, device_id uuid NOT NULL, at timestamptz NOT NULL DEFAULT now());
    DROP VIEW group_document`,
  '9002_index.concurrent.sql': 'CREATE INDEX CONCURRENTLY device_by_note ON device (account_id, note)',
  '9003_fill.portions.sql': `
    UPDATE device SET note = 'of before' WHERE (account_id, id) IN (
      SELECT account_id, id FROM device WHERE note IS NULL ORDER BY account_id, id LIMIT 10 FOR UPDATE)`,
}
const changed: Record<string, string> = {
  'FUNCTION note_rename': `CREATE OR REPLACE FUNCTION note_rename() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO note_change (account_id, device_id) VALUES (NEW.account_id, NEW.id); RETURN NULL; END'`,
  'TRIGGER note_rename ON device': `CREATE OR REPLACE TRIGGER note_rename AFTER UPDATE OF name ON device
    FOR EACH ROW EXECUTE FUNCTION note_rename()`,
}

function nextRelease(): Schema {
  const definitions = Object.entries(changed).map(
    ([name, text]): Definition => ({ name, text, comment: '', hash: 'of the next release' }),
  )
  return {
    migrations: [...shipped.migrations, ...Object.entries(files).map(([name, text]) => newMigration(name, text))],
    definitions: {
      list: [...shipped.definitions.list, ...definitions],
      revision: shipped.definitions.revision + 1,
    },
  }
}

/** What clients and devices do all the time, at this node; none of it may fail. */
function requestsAt(url: string, account: TestAccount, devices: TestDevice[]): (() => Promise<unknown>)[] {
  const { call } = createClient({ baseUrl: url, key: account.key, maxRetries: 0 })
  return [
    ...devices.map((device) => () => checkInAs(url, device)({ bootId: randomUUID() })),
    async () => {
      const name = `g${randomUUID()}`
      await call(createGroup, { name })
      await call(deleteGroup, { name })
    },
    () => call(listGroups),
    () => call(listDevices),
    () => call(listEvents),
    () => call(updateDevice, { id: devices[0]?.id ?? '', name: randomUUID() }),
  ]
}

test('nodes of the version before and of the new one serve side by side while the new one migrates', async () => {
  const account = await platform.newAccount()
  const devices = await Promise.all(Array.from({ length: 30 }, () => newDevice(platform, account)))
  const newer = await platform.addNode()
  const served = new Map<() => Promise<unknown>, number>()
  let isOver = false
  const work = async (request: () => Promise<unknown>) => {
    while (!isOver) {
      await request()
      served.set(request, (served.get(request) ?? 0) + 1)
    }
  }
  const load = [platform.url, newer.url].flatMap((url) => requestsAt(url, account, devices.slice(0, 2)).map(work))
  const database = openDatabase(String(platform.database.pool.options.database))
  const migrating = (async () => {
    expect(await migrate(database, nextRelease())).toBe(9003)
    // Every kind of request once more on what is there now.
    const before = new Map(served)
    await eventually(() =>
      expect([...before].filter(([request, count]) => (served.get(request) ?? 0) <= count + 1)).toEqual([]),
    )
  })().finally(() => {
    isOver = true
  })
  await Promise.all([migrating, ...load])

  const count = async (of: string) => (await database.pool.query(`SELECT count(*) AS count FROM ${of}`)).rows[0]?.count
  expect(await count('device WHERE note IS NULL')).toBe(0)
  expect(await count('note_change')).toBeGreaterThan(0)
  expect(await count("pg_index WHERE indexrelid = 'device_by_note'::regclass AND indisvalid")).toBe(1)
  expect(served.size).toBe(load.length)
})
