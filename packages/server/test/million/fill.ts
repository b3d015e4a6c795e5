import pg from 'pg'
import { seedFleet } from '../../../../bench/fleet.ts'
import { seedSims, seedUsage } from '../../../../bench/sims.ts'
import * as accounts from '../../src/access/account/service.ts'
import type { Database } from '../../src/core/db/database.ts'
import { rollLocations } from '../../src/fleet/device/roll-locations.ts'
import { rollAudit } from '../../src/outward/audit/roll-audit.ts'

const days = 6

/** Events of before there were days, and as many more of the last days, each day in its partition. */
async function fillEvents(client: pg.Client, size: number): Promise<void> {
  const each = size / (2 * days)
  for (let day = 0; day <= days; day++) {
    if (day > 0) await client.query(`DO $$ ${beginDay(days - day)} $$`)
    await client.query(
      `INSERT INTO event (account_id, id, type, time, actor, subject, device_id)
       SELECT account_id, event_position(nextval('event_order'), nextval('event_serial')),
              (ARRAY['device.online', 'device.offline', 'notification.sent', 'group.created'])[1 + n % 4],
              now() - make_interval(days => $3), '{"kind": "system"}', jsonb_build_object('kind', 'device', 'id', id), id
       FROM (SELECT account_id, id, row_number() OVER (ORDER BY id) AS n FROM device) AS d WHERE n > $1 AND n <= $2`,
      [day === 0 ? 0 : Math.floor((days + day - 1) * each), Math.floor((days + day) * each), days - day],
    )
  }
}

const beginDay = (daysAgo: number) => `
  DECLARE day text := 'event_' || to_char(now() - interval '${daysAgo} days', 'YYYYMMDD');
  BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING DEFAULTS)', day);
    EXECUTE (SELECT format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', day, "from", "to")
             FROM next_event_day());
    PERFORM begin_event_day(day);
  END`

/** What there is beside that and devices and SIMs, as statements of `$1` rows for the account `default`; the triggers do not see them. */
const rest = {
  commands: `
    INSERT INTO notification (account_id, id, device_id, batch_id, type, state, changed_by, created_at, expires_at, finished_at)
    SELECT account_id, uuidv7((n - 1000000) * interval '1 second'), id, CASE WHEN n % 2 = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid END,
           (ARRAY['refresh', 'check', 'reboot'])[1 + n % 3], (ARRAY['succeeded', 'succeeded', 'failed', 'expired'])[1 + n % 4],
           '{"kind": "system"}', now() - interval '1 day', now(), now() - interval '1 hour'
    FROM (SELECT account_id, id, row_number() OVER (ORDER BY id) AS n FROM device) AS d WHERE n <= $1`,
  'the audit trail': `
    INSERT INTO audit_entry (account_id, id, actor_kind, actor_id, action, subject_kind, subject_id, number, previous, hash)
    SELECT account_id, event_position(nextval('event_order'), nextval('event_serial')), 'key', (ARRAY['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'])[1 + n % 2],
           (ARRAY['updateDevice', 'notifyDevice', 'updateDevice'])[1 + n % 3], 'device', CASE WHEN n % 2 = 0 THEN 'common' ELSE 'subject-' || n % 999 END,
           n, '', '' FROM (SELECT account_id, row_number() OVER (ORDER BY id) AS n FROM device) AS d WHERE n <= $1`,
  labels: `
    INSERT INTO device_label (account_id, device_id, key, value)
    SELECT account_id, id, 'store', n % 400 FROM (SELECT account_id, id, row_number() OVER (ORDER BY id) AS n FROM device) AS d
    WHERE n <= $1`,
  // Of rules that watch the whole fleet.
  alerts: `
    WITH watched AS (
      UPDATE alert_rule SET is_enabled = true, look_at = now()
      WHERE condition IN ('device.battery', 'device.offline', 'device.not_updated') RETURNING account_id, id, condition)
    INSERT INTO alert (account_id, id, rule_id, subject_kind, subject_id, device_id, severity, state, data, is_standing, resolved_at)
    SELECT account_id, uuidv7(-n * interval '1 second'), (SELECT id FROM watched WHERE condition = 'device.battery'), 'device', id::text, id,
           (ARRAY['info', 'warning'])[1 + n % 2], CASE WHEN n % 4 = 0 THEN 'open' ELSE 'resolved' END, '{}', n % 4 = 0,
           CASE WHEN n % 4 <> 0 THEN now() END
    FROM (SELECT account_id, id, row_number() OVER (ORDER BY id) AS n FROM device) AS d WHERE n <= $1`,
  locations: `
    INSERT INTO device_location (account_id, device_id, recorded_at, latitude, longitude)
    SELECT account_id, id, now(), 52.5, 13.4 FROM device ORDER BY id LIMIT $1`,
}

/** Fills a migrated database with a fleet of so many devices, as many SIMs with usage, and what has happened to them. */
export async function fill(database: Database, size: number): Promise<void> {
  await accounts.create(database, 'default', undefined, true)
  const client = new pg.Client({ ...(database.pool.options as pg.ClientConfig), statement_timeout: 0 })
  await client.connect()
  await client.query('SET synchronous_commit = off')
  const triggers = (role: string) => client.query(`SET session_replication_role = ${role}`)
  const steps: Record<string, () => Promise<unknown>> = {
    devices: () => seedFleet(client, size),
    SIMs: () => seedSims(client, size),
    usage: () => seedUsage(client, 10),
    'what has happened': async () => {
      // As the first thing after a start: partitions for today's locations and for today's audit trail.
      for (const job of [rollLocations(90), rollAudit(400)]) while (await database.transaction((tx) => job.run(tx)));
      await triggers('replica')
      await fillEvents(client, size)
      for (const statement of Object.values(rest)) await client.query(statement.replaceAll('$1', String(size)))
      await triggers('origin')
    },
    statistics: () => client.query('VACUUM ANALYZE'),
  }
  for (const [name, step] of Object.entries(steps)) {
    const startedMs = performance.now()
    await step()
    console.log(`Filled in ${Math.round((performance.now() - startedMs) / 1000)} s: ${name}`)
  }
  await client.end()
}
