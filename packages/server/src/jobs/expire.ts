import sql, { raw } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { PeriodicJob } from './periodic.ts'

const hourMs = 3_600_000

/** Forgets answers that were kept for repeated requests, and keys long deleted. */
export const expireIdempotency: PeriodicJob = {
  name: 'expire-idempotency',
  everyMs: hourMs / 4,
  run: async (db) => {
    await db.query(sql`DELETE FROM idempotency WHERE created_at < now() - interval '24 hours'`)
    await db.query(sql`DELETE FROM api_key WHERE deleted_at < now() - interval '1 day'`)
  },
}

/** Forgets sessions, links and places that are over, users long removed, and guesses that time has forgiven. */
export const expireSignIns: PeriodicJob = {
  name: 'expire-sign-ins',
  everyMs: hourMs / 4,
  run: async (db) => {
    await db.query(sql`
      DELETE FROM user_session WHERE ended_at < now() - interval '1 day' OR expires_at < now() - interval '1 day'
        OR last_used_at < now() - interval '7 days'`)
    await db.query(sql`DELETE FROM user_link WHERE expires_at < now()`)
    await db.query(sql`DELETE FROM known_place WHERE used_at < now() - interval '1 year'`)
    await db.query(sql`DELETE FROM app_user WHERE deleted_at < now() - interval '1 day'`)
    await db.query(sql`DELETE FROM ended_device_credential WHERE ended_at < now() - interval '1 hour'`)
    await db.query(sql`DELETE FROM guess WHERE at + make_interval(secs => level / per_second) < now()`)
  },
}

/** Forgets events, and notifications that ended, when they are past their retention. */
export function expireEvents(days: number): PeriodicJob {
  return {
    name: 'expire-events',
    everyMs: hourMs / 4,
    run: async (db) => {
      await db.query(sql`DELETE FROM event WHERE time < now() - make_interval(days => ${days})`)
      await db.query(sql`
        DELETE FROM notification WHERE created_at < now() - make_interval(days => ${days})
        AND finished_at < now() - make_interval(days => ${days})`)
      await db.query(sql`
        DELETE FROM batch AS b WHERE created_at < now() - make_interval(days => ${days})
        AND NOT EXISTS (SELECT FROM notification AS n WHERE n.account_id = b.account_id AND n.batch_id = b.id)`)
    },
  }
}

/** Forgets exports past their retention; their files are collected then. */
export function expireExports(days: number): PeriodicJob {
  return {
    name: 'expire-exports',
    everyMs: hourMs,
    run: async (db) => {
      await db.query(sql`DELETE FROM export WHERE finished_at < now() - make_interval(days => ${days})`)
    },
  }
}

/** Keeps a partition of locations ready for every day to come, and drops the days past their retention whole. */
export function rollLocations(days: number): PeriodicJob {
  return {
    name: 'roll-locations',
    everyMs: hourMs,
    run: async (db) => {
      const today = Math.floor(Date.now() / 86_400_000)
      for (const day of [today, today + 1, today + 2]) await createDay(db, day)
      const oldest = partitionOf(today - days)
      const { rows } = await db.query<{ name: string }>(sql`
        SELECT relid::text AS name FROM pg_partition_tree('device_location')
        WHERE isleaf AND relid::text ~ '^device_location_[0-9]{8}$' AND relid::text < ${oldest}`)
      for (const { name } of rows) await db.query(sql`DROP TABLE ${raw(name)}`)
      await db.query(
        sql`DELETE FROM device_location_default WHERE received_at < now() - make_interval(days => ${days})`,
      )
    },
  }
}

const isoDay = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10)
const partitionOf = (day: number) => `device_location_${isoDay(day).replaceAll('-', '')}`

async function createDay(db: Db, day: number): Promise<void> {
  const name = partitionOf(day)
  const { rows } = await db.query<{ exists: boolean }>(sql`SELECT to_regclass(${name}) IS NOT NULL AS exists`)
  if (rows[0]?.exists) return
  const [start, end] = [isoDay(day), isoDay(day + 1)]
  // Rows of that day may have arrived before there was a partition for it.
  await db.query(sql`CREATE TABLE ${raw(name)} (LIKE device_location INCLUDING DEFAULTS)`)
  await db.query(sql`
    WITH moved AS (DELETE FROM device_location_default WHERE received_at >= ${start}::date::timestamptz
                   AND received_at < ${end}::date::timestamptz RETURNING *)
    INSERT INTO ${raw(name)} SELECT * FROM moved`)
  await db.query(sql`
    ALTER TABLE device_location ATTACH PARTITION ${raw(name)} FOR VALUES FROM (${raw(`'${start}'`)}) TO (${raw(`'${end}'`)})`)
}
