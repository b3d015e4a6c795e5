import { notifyDevice } from '@mason/contract/notification'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()

/** How the statement that looks whether a device has something open is carried out by a connection that has done so before. */
async function planOf(client: { query(text: string): Promise<{ rows: Record<string, string>[] }> }): Promise<string> {
  const { rows } = await client.query('EXPLAIN EXECUTE has_open (gen_random_uuid(), gen_random_uuid())')
  return rows.flatMap(Object.values).join('\n')
}

test('a statement that was planned while a table was empty finds its way soon after the table has grown', async () => {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account)
  await account.call(notifyDevice, { id, type: 'refresh' })
  const client = await platform.database.pool.connect()
  try {
    await client.query('DELETE FROM notification')
    await client.query('VACUUM ANALYZE notification')
    await client.query('SET plan_cache_mode = force_generic_plan')
    await client.query(`
      PREPARE has_open (uuid, uuid) AS
      SELECT FROM notification WHERE account_id = $1 AND device_id = $2 AND state IN ('queued', 'sent', 'acknowledged')`)
    expect(await planOf(client)).toContain('Seq Scan')
    await client.query(
      `INSERT INTO notification (account_id, id, device_id, type, state, changed_by, expires_at)
       SELECT $1, new_id(), gen_random_uuid(), 'refresh', 'queued', '{"kind": "system"}', now() + interval '1 day'
       FROM generate_series(1, 2000)`,
      [account.accountId],
    )
    await eventually(async () => expect(await planOf(client)).toContain('Index'))
  } finally {
    client.release(true)
  }
})
