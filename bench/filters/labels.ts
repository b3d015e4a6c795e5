import type pg from 'pg'

/** Gives every device of the first account a label, as a chain of 400 stores would. */
export async function seedLabels(client: pg.Client): Promise<void> {
  // Triggers would write the rows one device at a time.
  await client.query('SET session_replication_role = replica')
  await client.query(`
    UPDATE device AS d SET labels = jsonb_build_object('store', (n % 400)::text)
    FROM (SELECT account_id, id, row_number() OVER (ORDER BY id) AS n FROM device) AS numbered
    WHERE d.account_id = numbered.account_id AND d.id = numbered.id`)
  await client.query(`
    INSERT INTO device_label (account_id, device_id, key, value)
    SELECT account_id, id, 'store', labels ->> 'store' FROM device WHERE labels IS NOT NULL`)
  await client.query('RESET session_replication_role')
}
