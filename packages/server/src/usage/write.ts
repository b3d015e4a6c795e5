import type { RejectedLine } from '@mason/contract/sim'
import pg from 'pg'
import sql from 'sql-template-tag'
import { type Db, prepared } from '../db/database.ts'
import { leastExcessBytes } from '../limit/anomaly.ts'
import type { UsageLine } from './record.ts'

/** What lines before these have shown: ways that are faster as long as nothing of the kind comes. */
export interface Expectation {
  /** That some were there before: the attempt without looking for them is faster by a third, and has to be done again. */
  repeats: boolean
  /** That some name no SIM: without looking for those first, it is found out in the end. */
  strangers: boolean
}

interface Written {
  accepted: number
  rejected: RejectedLine[]
  found: Expectation
}

/**
 * Writes a batch and all the sums that it changes, in one transaction. Where a way turns out to be the wrong one, that is
 * undone and another one taken.
 */
export async function writeBatch(
  db: Db,
  accountId: string,
  lines: UsageLine[],
  expected: Expectation,
): Promise<Written> {
  if (lines.length === 0) return { accepted: 0, rejected: [], found: expected }
  if (expected.strangers) return writeOfSims(db, accountId, lines, expected)
  try {
    return await db.transaction((tx) => write(tx, accountId, lines, expected))
  } catch (error) {
    if (error instanceof HasStrangers) return writeOfSims(db, accountId, lines, expected)
    if (!(error instanceof pg.DatabaseError)) throw error
    if (error.code === uniqueViolation && !expected.repeats)
      return writeBatch(db, accountId, lines, { ...expected, repeats: true })
    if (error.code === outOfRange || error.constraint === 'usage_sim_day_exact')
      return writeHalves(db, accountId, lines, expected)
    throw error
  }
}

/** Some of what was written names no SIM. */
class HasStrangers extends Error {}

const uniqueViolation = '23505'
const outOfRange = '22003'

async function write(tx: Db, accountId: string, lines: UsageLine[], { repeats }: Expectation): Promise<Written> {
  await tx.query(prepared(sql`SELECT usage_begin(${accountId})`))
  const values = [accountId, ...toArrays(lines)]
  const { rows } = await tx.query<{ accepted: number; has_strangers: boolean }>({ ...insertion(repeats), values })
  if (rows[0]?.has_strangers) throw new HasStrangers()
  const accepted = rows[0]?.accepted ?? 0
  const isNew = accepted === lines.length
  const rejected = isNew ? [] : await findConflicts(tx, lines, values)
  return { accepted, rejected, found: { repeats: !isNew, strangers: false } }
}

/** Leaves out what names no SIM. */
async function writeOfSims(db: Db, accountId: string, lines: UsageLine[], expected: Expectation): Promise<Written> {
  const { rows } = await db.query<{ iccid: string }>({
    name: 'usage-strangers',
    text: `SELECT iccid FROM unnest($2::text[]) AS iccid
           WHERE (SELECT true FROM sim AS s WHERE s.account_id = $1 AND s.iccid = iccid.iccid) IS NULL`,
    values: [accountId, [...new Set(lines.map((line) => line.iccid))]],
  })
  const strangers = new Set(rows.map(({ iccid }) => iccid))
  const [known, unknown]: [UsageLine[], RejectedLine[]] = [[], []]
  for (const line of lines)
    if (strangers.has(line.iccid)) unknown.push({ line: line.line, reason: 'iccid is not a SIM of this account' })
    else known.push(line)
  const { accepted, rejected, found } = await writeBatch(db, accountId, known, { ...expected, strangers: false })
  return { accepted, rejected: [...unknown, ...rejected], found: { ...found, strangers: strangers.size > 0 } }
}

/** A day of a SIM would no longer be exact in JSON: finds the records that are too much. */
async function writeHalves(db: Db, accountId: string, lines: UsageLine[], expected: Expectation): Promise<Written> {
  const [first] = lines
  if (lines.length === 1 && first) {
    const reason = "it takes the SIM's day beyond 2^53 - 1 bytes"
    return { accepted: 0, rejected: [{ line: first.line, reason }], found: expected }
  }
  const middle = lines.length >> 1
  const left = await writeBatch(db, accountId, lines.slice(0, middle), expected)
  const right = await writeBatch(db, accountId, lines.slice(middle), left.found)
  return {
    accepted: left.accepted + right.accepted,
    rejected: [...left.rejected, ...right.rejected],
    found: right.found,
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
             FROM usage_record AS r WHERE r.account_id = $1 AND ${isSame} LIMIT 1) IS NOT true
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

/** Of a record `r` and a line `b`; by the hashes they are found. */
const isSame = `hashtextextended(r.iccid, 0) = hashtextextended(b.iccid, 0)
  AND hashtextextended(r.id, 0) = hashtextextended(b.id, 0) AND r.iccid = b.iccid AND r.id = b.id`

/** In the order of keys, so that writers wait for each other and never in a circle. */
function insertion(mayRepeat: boolean): { name: string; text: string } {
  return {
    name: `usage-insert${mayRepeat ? '-repeats' : ''}`,
    text: `
      WITH fresh AS (
        INSERT INTO usage_record (account_id, iccid, id, started_at, ended_at, upload, download, period)
        SELECT $1, iccid, id, to_timestamp(started), to_timestamp(ended), upload, download, p.period
        FROM unnest(${columns}) WITH ORDINALITY AS b (iccid, id, started, ended, upload, download, place), usage_period AS p
        WHERE NOT p.has_older
          OR (SELECT true FROM usage_record AS r
              WHERE r.account_id = $1 AND ${isSame} AND r.period < p.period LIMIT 1) IS NULL
        ORDER BY hashtextextended(iccid, 0), hashtextextended(id, 0), place
        ${mayRepeat ? 'ON CONFLICT DO NOTHING' : ''}
        RETURNING iccid, started_at, ended_at, upload, download, (started_at AT TIME ZONE 'UTC')::date AS day
      ), part AS (
        SELECT iccid, day, upload, download FROM fresh WHERE ended_at <= (day + 1)::timestamptz
        UNION ALL
        SELECT iccid, p.day, p.upload, p.download
        FROM fresh AS f, usage_parts(f.started_at, f.ended_at, f.upload, f.download) AS p
        WHERE ended_at > (f.day + 1)::timestamptz
      ), sim_day AS MATERIALIZED (
        SELECT day, iccid, sum(upload)::bigint AS upload, sum(download)::bigint AS download
        FROM part GROUP BY day, iccid ORDER BY day, iccid
      ), of_days AS (
        INSERT INTO usage_sim_day AS d (account_id, day, iccid, upload, download) SELECT $1, * FROM sim_day
        ON CONFLICT (account_id, day, iccid)
        DO UPDATE SET upload = d.upload + excluded.upload, download = d.download + excluded.download
        RETURNING iccid, day, upload + download AS used
      ), of_months AS (
        INSERT INTO usage_sim_month AS m (account_id, month, iccid, upload, download)
        SELECT $1, date_trunc('month', day)::date AS month, iccid, sum(upload), sum(download)
        FROM sim_day GROUP BY month, iccid ORDER BY month, iccid
        ON CONFLICT (account_id, month, iccid)
        DO UPDATE SET upload = m.upload + excluded.upload, download = m.download + excluded.download
      ), limited AS (
        INSERT INTO usage_touched (account_id, iccid, day)
        SELECT $1, iccid, day FROM of_days AS d
        WHERE (SELECT true FROM sim AS s WHERE s.account_id = $1 AND s.iccid = d.iccid AND data_limit_bytes IS NOT NULL)
      ), large AS (
        INSERT INTO usage_large_day (account_id, iccid, day)
        SELECT $1, iccid, day FROM of_days WHERE used > ${leastExcessBytes} AND day >= current_date - 1
      ), of_account AS (
        INSERT INTO usage_sum_difference SELECT $1, '', '', day, sum(upload), sum(download) FROM sim_day GROUP BY day
      ), marked AS MATERIALIZED (
        SELECT d.*, m.key, m.value
        FROM sim_day AS d LEFT JOIN LATERAL (
          -- The order makes it the primary key that is looked into: by key and ICCID, PostgreSQL 18 searches three times.
          SELECT key, value FROM sim_marker AS m
          WHERE m.account_id = $1 AND m.iccid = d.iccid AND from_day <= d.day AND until_day > d.day
          ORDER BY key, from_day OFFSET 0) AS m ON true
      ), of_markers AS (
        INSERT INTO usage_sum_difference
        SELECT $1, key, value, day, sum(upload), sum(download) FROM marked WHERE key IS NOT NULL GROUP BY key, value, day
      )
      SELECT (SELECT count(*)::int FROM fresh) AS accepted,
        EXISTS (SELECT FROM marked AS m WHERE key IS NULL
                AND (SELECT true FROM sim AS s WHERE s.account_id = $1 AND s.iccid = m.iccid) IS NULL) AS has_strangers`,
  }
}
