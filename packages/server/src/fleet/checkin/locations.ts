import type { LocationReport } from '@mason/contract/device'
import { parseTime } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

interface ArrivedLocation {
  accountId: string
  deviceId: string
  location: LocationReport
  isRepeat: boolean
}

/** How far back a report that was sent again is looked for. */
const repeatedWithin = 100

/** The location that arrived last, reported again, is not a new one; nor is any of the last ones in a report sent again. */
export async function insertLocations(tx: Db, arrived: ArrivedLocation[]): Promise<void> {
  if (arrived.length === 0) return
  const column = <T>(read: (location: LocationReport) => T) => arrived.map(({ location }) => read(location))
  await tx.query(sql`
    INSERT INTO device_location (account_id, device_id, recorded_at, latitude, longitude, accuracy, altitude, provider)
    SELECT account_id, device_id, recorded_at, latitude, longitude, accuracy, altitude, provider FROM unnest(
      ${arrived.map(({ accountId }) => accountId)}::uuid[], ${arrived.map(({ deviceId }) => deviceId)}::uuid[],
      ${column(({ recordedAt }) => parseTime(recordedAt))}::timestamptz[], ${column(({ latitude }) => latitude)}::float8[],
      ${column(({ longitude }) => longitude)}::float8[], ${column(({ accuracy }) => accuracy ?? null)}::float8[],
      ${column(({ altitude }) => altitude ?? null)}::float8[], ${column(({ provider }) => provider ?? null)}::text[],
      ${arrived.map(({ isRepeat }) => (isRepeat ? repeatedWithin : 1))}::int[])
      AS r (account_id, device_id, recorded_at, latitude, longitude, accuracy, altitude, provider, back)
    WHERE NOT EXISTS (
      SELECT FROM (SELECT * FROM device_location AS l WHERE l.account_id = r.account_id AND l.device_id = r.device_id
                   ORDER BY received_at DESC LIMIT r.back) AS l
      WHERE l.recorded_at = r.recorded_at AND l.latitude = r.latitude AND l.longitude = r.longitude)`)
}
