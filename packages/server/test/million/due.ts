/** Much that has fallen due for a job. */
export interface Due {
  /** Makes it so, as a statement for `$1` rows. */
  fill: string
  /** How much is left, as `left`. */
  left: string
}

const some = (table: string, key: string, condition = 'true') =>
  `(SELECT ${key} FROM ${table} WHERE ${condition} ORDER BY ${key} LIMIT $1)`
const count = (from: string) => `SELECT count(*)::int AS left FROM ${from}`

/** By the name of the job; the others have little to do on any fleet. */
export const due: Readonly<Record<string, Due>> = {
  'sweep-presence': {
    fill: `UPDATE heartbeat SET last_checkin = now() - interval '1 day', silent_since = NULL
           WHERE device_id IN ${some('heartbeat', 'device_id', 'online')}`,
    left: count(`heartbeat WHERE online AND last_checkin < now() - interval '12 hours'`),
  },
  'expire-notifications': {
    fill: `UPDATE notification SET state = 'queued', finished_at = NULL, expires_at = now() - interval '1 hour'
           WHERE id IN ${some('notification', 'id')}`,
    left: count('notification WHERE finished_at IS NULL'),
  },
  'wake-notifications': {
    fill: `UPDATE notification SET state = 'queued', finished_at = NULL, expires_at = now() + interval '1 day', wakes_at = now() - interval '1 minute'
           WHERE id IN ${some('notification', 'id')}`,
    left: count('notification WHERE wakes_at <= now()'),
  },
  'forget-notifications': {
    fill: `INSERT INTO notification (account_id, id, device_id, type, state, changed_by, created_at, expires_at, finished_at)
           SELECT account_id, uuidv7('-9 years'), id, 'refresh', 'succeeded', '{"kind": "system"}', past, past, past
           FROM device, (SELECT now() - interval '9 years' AS past) AS t ORDER BY id LIMIT $1`,
    left: count(`notification WHERE created_at < now() - interval '8 years'`),
  },
  // Those of before there were days.
  'roll-events': {
    fill: `UPDATE event SET time = now() - interval '9 years' WHERE id IN ${some('event_before', 'id')}`,
    left: count(`event_before WHERE time < now() - interval '8 years'`),
  },
  'chain-audit': {
    fill: `INSERT INTO audit_entry (account_id, actor_kind, actor_id, action, subject_kind, subject_id)
           SELECT account_id, 'system', 'test', 'updateDevice', 'device', id::text FROM device ORDER BY id LIMIT $1`,
    left: count('audit_entry WHERE hash IS NULL'),
  },
  'forget-audit-identities': {
    fill: `INSERT INTO audit_identity (account_id, value, key, token, used_on)
           SELECT account_id, id::text, '', 'hash:' || id, '2001-01-01' FROM device ORDER BY id LIMIT $1`,
    left: count(`audit_identity WHERE used_on < '2002-01-01'`),
  },
  'expire-idempotency': {
    fill: `INSERT INTO idempotency (account_id, key, method, path, body_hash, status, answer, created_at)
           SELECT account_id, id::text, 'POST', '/', '', 200, '', now() - interval '2 days' FROM device ORDER BY id LIMIT $1`,
    left: count(`idempotency`),
  },
  'expire-sign-ins': {
    fill: `WITH ended AS (INSERT INTO ended_device_credential SELECT id, '', now() - interval '1 day' FROM device ORDER BY id LIMIT $1)
           INSERT INTO guess (name, level, per_second, at)
           SELECT convert_to(id::text, 'UTF8'), 1, 1, now() - interval '1 day' FROM device ORDER BY id LIMIT $1`,
    left: 'SELECT ((SELECT count(*) FROM guess) + (SELECT count(*) FROM ended_device_credential))::int AS left',
  },
  'fold-counters': {
    fill: `INSERT INTO counter_difference SELECT account_id, 'test', right(id::text, 1), 1 FROM device ORDER BY id LIMIT $1`,
    left: count('counter_difference'),
  },
  'fold-usage': {
    fill: `INSERT INTO usage_sum_difference SELECT account_id, 'test', right(iccid, 1), current_date, 1, 1 FROM sim ORDER BY iccid LIMIT $1`,
    left: count('usage_sum_difference'),
  },
  'judge-limits': {
    fill: `WITH limited AS (UPDATE sim SET state = 'active', data_limit_bytes = 1, data_limit_action = 'suspend'
                            WHERE iccid IN ${some('sim', 'iccid')} RETURNING account_id, iccid)
           INSERT INTO usage_touched SELECT account_id, iccid, current_date FROM limited`,
    left: count('usage_touched'),
  },
  'judge-anomalies': {
    fill: 'INSERT INTO usage_large_day SELECT account_id, iccid, current_date - 1 FROM sim ORDER BY iccid LIMIT $1',
    left: count('usage_large_day'),
  },
  'judge-due-alerts': {
    fill: `INSERT INTO alert_candidate SELECT r.account_id, r.id, d.id::text, now() - interval '1 minute'
           FROM (SELECT * FROM device ORDER BY id LIMIT $1) AS d JOIN alert_rule AS r ON r.account_id = d.account_id AND r.condition = 'device.conflict'`,
    left: count('alert_candidate WHERE due_at <= now()'),
  },
  'judge-month': {
    fill: `INSERT INTO sim_day_bound (account_id, iccid, day, median, bound)
           SELECT account_id, iccid, current_date - 3, 1, 1 FROM sim ORDER BY iccid LIMIT $1
           ON CONFLICT DO NOTHING`,
    left: count('sim_day_bound WHERE day < current_date - 1'),
  },
  'correct-clock': {
    fill: `UPDATE sim SET pending_state = 'active', carrier_due = now() + interval '1 day' WHERE iccid IN ${some('sim', 'iccid')}`,
    left: count(`sim WHERE carrier_due > now() + interval '2 hours'`),
  },
}
