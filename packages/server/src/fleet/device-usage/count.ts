import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { advance, type MobileUsage } from './cycle.ts'

/** A device whose row this transaction has locked, and what it reports. */
interface UsageReport {
  accountId: string
  deviceId: string
  usage: MobileUsage
}

interface CursorRow {
  device_id: string
  until: number
  sent: number
  received: number
}

/** Sums stay exact in JSON, together too. */
const maxBytes = 2 ** 52 - 1

/** Counts what devices report of their SIMs, day by day; each byte once, however often it is reported. */
export async function countDeviceUsage(tx: Db, reports: UsageReport[]): Promise<void> {
  if (reports.length === 0) return
  const { rows } = await tx.query<CursorRow>({
    name: 'device-usage-cursor',
    text: `SELECT device_id, extract(epoch FROM counted_until)::float8 * 1000 AS until, sent, received
           FROM unnest($1::uuid[], $2::uuid[]) AS r (account_id, device_id)
           JOIN device_usage_cursor USING (account_id, device_id)`,
    values: [reports.map(({ accountId }) => accountId), reports.map(({ deviceId }) => deviceId)],
  })
  const cursors = new Map(rows.map((row) => [row.device_id, row]))
  const now = Date.now()
  const counted = reports.flatMap(({ accountId, deviceId, usage }) => {
    const before = cursors.get(deviceId)
    const { cursor, days } = advance(before, usage.cycles, now)
    return cursor === undefined || cursor === before ? [] : [{ accountId, deviceId, iccid: usage.iccid, cursor, days }]
  })
  if (counted.length === 0) return
  const days = counted.flatMap(({ accountId, iccid, days }) => days.map((day) => ({ accountId, iccid, ...day })))
  // In the order of keys, so that writers wait for each other and never in a circle.
  await tx.query(sql`
    WITH moved AS (
      INSERT INTO device_usage_cursor AS c (account_id, device_id, counted_until, sent, received)
      SELECT account_id, device_id, to_timestamp(until / 1000), sent, received FROM unnest(
        ${counted.map(({ accountId }) => accountId)}::uuid[], ${counted.map(({ deviceId }) => deviceId)}::uuid[],
        ${counted.map(({ cursor }) => cursor.until)}::float8[], ${counted.map(({ cursor }) => cursor.sent)}::bigint[],
        ${counted.map(({ cursor }) => cursor.received)}::bigint[]) AS r (account_id, device_id, until, sent, received)
      ON CONFLICT (account_id, device_id) DO UPDATE
      SET counted_until = excluded.counted_until, sent = excluded.sent, received = excluded.received)
    INSERT INTO device_usage_day AS d (account_id, iccid, day, upload, download)
    SELECT account_id, iccid, day, least(sum(upload), ${maxBytes}), least(sum(download), ${maxBytes})
    FROM (SELECT account_id, iccid, '1970-01-01'::date + day AS day, upload, download FROM unnest(
            ${days.map(({ accountId }) => accountId)}::uuid[], ${days.map(({ iccid }) => iccid)}::text[],
            ${days.map(({ day }) => day)}::int[], ${days.map(({ sent }) => sent)}::bigint[],
            ${days.map(({ received }) => received)}::bigint[]) AS r (account_id, iccid, day, upload, download)) AS part
    JOIN sim USING (account_id, iccid)
    GROUP BY account_id, iccid, day ORDER BY account_id, iccid, day
    ON CONFLICT (account_id, iccid, day) DO UPDATE
    SET upload = least(d.upload + excluded.upload, ${maxBytes}),
        download = least(d.download + excluded.download, ${maxBytes})`)
}
