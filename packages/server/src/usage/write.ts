import type { RejectedLine } from '@mason/contract/sim'
import pg from 'pg'
import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { UsageLine } from './record.ts'

interface Written {
  accepted: number
  rejected: RejectedLine[]
  /** Whether some of it was there before. */
  hasRepeats: boolean
}

/**
 * Writes a batch and all the sums that it changes, in one transaction.
 *
 * @param expectsRepeats spares the attempt without looking for records that are there: that is faster by a third, and has to
 * be done again when there are some.
 */
export function writeBatch(db: Db, accountId: string, lines: UsageLine[], expectsRepeats: boolean): Promise<Written> {
  if (lines.length === 0) return Promise.resolve({ accepted: 0, rejected: [], hasRepeats: expectsRepeats })
  return db.transaction(async (tx) => {
    // Plans are made once, when tables may still be small: look-ups by key are the right way at any size.
    await tx.query(sql`
      SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),
        pg_advisory_xact_lock_shared(usage_lock(${accountId}))`)
    await tx.query(sql`LOCK TABLE usage_record IN ROW EXCLUSIVE MODE`)
    const { unknown, hasOlder } = await look(tx, accountId, lines)
    const rejected: RejectedLine[] = []
    const known = lines.filter(({ line, iccid }) => {
      if (unknown.has(iccid)) rejected.push({ line, reason: 'iccid is not a SIM of this account' })
      return !unknown.has(iccid)
    })
    const written = await writeKnown(tx, { accountId, hasOlder, mayRepeat: expectsRepeats }, known)
    return { ...written, rejected: [...rejected, ...written.rejected] }
  })
}

/** Which ICCIDs are no SIMs, and whether there are records of an earlier period. */
async function look(tx: Db, accountId: string, lines: UsageLine[]) {
  const iccids = [...new Set(lines.map((line) => line.iccid))]
  const { rows } = await tx.query<{ unknown: string[]; has_older: boolean }>({
    name: 'usage-look',
    text: `SELECT ARRAY(SELECT iccid FROM unnest($2::text[]) AS iccid
                        WHERE (SELECT true FROM sim AS s WHERE s.account_id = $1 AND s.iccid = iccid.iccid) IS NULL) AS unknown,
                  (SELECT count(*) > 1 FROM pg_inherits WHERE inhparent = 'usage_record'::regclass) AS has_older`,
    values: [accountId, iccids],
  })
  return { unknown: new Set(rows[0]?.unknown), hasOlder: rows[0]?.has_older ?? true }
}

interface Way {
  accountId: string
  /** Whether earlier periods have to be looked into. */
  hasOlder: boolean
  /** Whether records may be there already. */
  mayRepeat: boolean
}

async function writeKnown(tx: Db, way: Way, lines: UsageLine[]): Promise<Written> {
  if (lines.length === 0) return { accepted: 0, rejected: [], hasRepeats: way.mayRepeat }
  const values = [way.accountId, ...toArrays(lines)]
  try {
    const accepted = await tx.transaction(async (savepoint) => {
      const { rows } = await savepoint.query<{ accepted: number }>({ ...insertion(way), values })
      return rows[0]?.accepted ?? 0
    })
    if (accepted === lines.length) return { accepted, rejected: [], hasRepeats: false }
    return { accepted, rejected: await findConflicts(tx, lines, values), hasRepeats: true }
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    if (error.code === uniqueViolation && !way.mayRepeat) return writeKnown(tx, { ...way, mayRepeat: true }, lines)
    if (error.code === outOfRange || error.constraint === 'usage_sim_day_exact') return writeHalves(tx, way, lines)
    throw error
  }
}

const uniqueViolation = '23505'
const outOfRange = '22003'

/** A day of a SIM would no longer be exact in JSON: finds the records that are too much. */
async function writeHalves(tx: Db, way: Way, lines: UsageLine[]): Promise<Written> {
  const [first] = lines
  if (lines.length === 1 && first) {
    const reason = "it takes the SIM's day beyond 2^53 - 1 bytes"
    return { accepted: 0, rejected: [{ line: first.line, reason }], hasRepeats: way.mayRepeat }
  }
  const middle = lines.length >> 1
  const left = await writeKnown(tx, way, lines.slice(0, middle))
  const right = await writeKnown(tx, way, lines.slice(middle))
  return {
    accepted: left.accepted + right.accepted,
    rejected: [...left.rejected, ...right.rejected],
    hasRepeats: left.hasRepeats || right.hasRepeats,
  }
}

/** Of records that were not accepted, those that are there with other content. */
async function findConflicts(tx: Db, lines: UsageLine[], values: unknown[]): Promise<RejectedLine[]> {
  const { rows } = await tx.query<{ place: number }>({
    name: 'usage-conflicts',
    text: `
      SELECT place::int FROM unnest(${columns}) WITH ORDINALITY AS b (iccid, id, started, ended, upload, download, place)
      WHERE (SELECT (r.started_at, r.ended_at, r.upload, r.download)
               IS NOT DISTINCT FROM (to_timestamp(started), to_timestamp(ended), b.upload, b.download)
             FROM usage_record AS r WHERE r.account_id = $1 AND r.iccid = b.iccid AND r.id = b.id LIMIT 1) IS NOT true
      ORDER BY place`,
    values,
  })
  const reason = 'its id was used before with other content'
  return rows.flatMap(({ place }) => {
    const record = lines[place - 1]
    return record ? [{ line: record.line, reason }] : []
  })
}

const columns = '$2::text[], $3::text[], $4::float8[], $5::float8[], $6::bigint[], $7::bigint[]'

/** Columns as PostgreSQL writes arrays: the driver's own way costs as much as the insertion. */
function toArrays(lines: UsageLine[]): string[] {
  const column = (cell: (line: UsageLine) => string | number) => `{${lines.map(cell).join(',')}}`
  return [
    column(({ iccid }) => `"${escaped(iccid)}"`),
    column(({ id }) => `"${escaped(id)}"`),
    column(({ start }) => start / 1000),
    column(({ end }) => end / 1000),
    column(({ upload }) => upload),
    column(({ download }) => download),
  ]
}

const escaped = (text: string) => (/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text)

/** In the order of keys, so that writers wait for each other and never in a circle. */
function insertion({ hasOlder, mayRepeat }: Way): { name: string; text: string } {
  const isNew = `(SELECT true FROM usage_record AS r
                  WHERE r.account_id = $1 AND r.iccid = b.iccid AND r.id = b.id AND r.period < p.period LIMIT 1) IS NULL`
  return {
    name: `usage-insert${hasOlder ? '-older' : ''}${mayRepeat ? '-repeats' : ''}`,
    text: `
      WITH fresh AS (
        INSERT INTO usage_record (account_id, iccid, id, started_at, ended_at, upload, download, period)
        SELECT $1, iccid, id, to_timestamp(started), to_timestamp(ended), upload, download, p.period
        FROM unnest(${columns}) WITH ORDINALITY AS b (iccid, id, started, ended, upload, download, place), usage_period AS p
        ${hasOlder ? `WHERE ${isNew}` : ''}
        ORDER BY iccid COLLATE "C", id COLLATE "C", place
        ${mayRepeat ? 'ON CONFLICT DO NOTHING' : ''}
        RETURNING iccid, started_at, ended_at, upload, download, (started_at AT TIME ZONE 'UTC')::date AS day
      ), part AS (
        SELECT iccid, day, upload, download FROM fresh WHERE ended_at <= (day + 1)::timestamptz
        UNION ALL
        SELECT iccid, p.day, p.upload, p.download
        FROM fresh AS f, usage_parts(f.started_at, f.ended_at, f.upload, f.download) AS p
        WHERE ended_at > (f.day + 1)::timestamptz
      ), sim_day AS MATERIALIZED (
        SELECT iccid, day, sum(upload)::bigint AS upload, sum(download)::bigint AS download
        FROM part GROUP BY iccid, day ORDER BY iccid, day
      ), added AS (
        INSERT INTO usage_sim_day AS d (account_id, iccid, day, upload, download) SELECT $1, * FROM sim_day
        ON CONFLICT (account_id, iccid, day)
        DO UPDATE SET upload = d.upload + excluded.upload, download = d.download + excluded.download
      ), touched AS (
        INSERT INTO usage_touched SELECT $1, iccid, day FROM sim_day
      ), of_account AS (
        INSERT INTO usage_sum_difference SELECT $1, '', '', day, sum(upload), sum(download) FROM sim_day GROUP BY day
      ), of_markers AS (
        INSERT INTO usage_sum_difference
        SELECT $1, m.key, m.value, day, sum(upload), sum(download)
        FROM sim_day AS d, LATERAL (
          -- The order makes it the primary key that is looked into: by key and ICCID, PostgreSQL 18 searches three times.
          SELECT key, value FROM sim_marker AS m
          WHERE m.account_id = $1 AND m.iccid = d.iccid AND from_day <= d.day AND until_day > d.day
          ORDER BY key, from_day OFFSET 0) AS m
        GROUP BY m.key, m.value, day
      )
      SELECT count(*)::int AS accepted FROM fresh`,
  }
}
