import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RejectedLine } from '@mason/contract/rows'
import pg from 'pg'
import sql from 'sql-template-tag'
import { numberArray, textArray } from '../../core/db/array-literal.ts'
import { CopyRows } from '../../core/db/copy-rows.ts'
import { type Db, prepared } from '../../core/db/database.ts'
import { inTurns } from '../../core/turns.ts'
import { addDays, HasUnknownSims } from './add-days.ts'
import { isFigure, type UsageEntry, type UsageFigure, type UsageLine } from './record.ts'
import { sumDays, TooMuch } from './sum-days.ts'
import { writeSources } from './write-sources.ts'

/** What lines before these have shown: ways that are faster as long as nothing of the kind comes. */
export interface Expectation {
  /** That some were there before: the attempt without looking for them is faster by a third, and has to be done again. */
  repeats: boolean
  /** That some name no SIM: without looking for those first, it is found out in the end. */
  unknownSims: boolean
}

export interface Written {
  accepted: number
  rejected: RejectedLine[]
  found: Expectation
}

/** Writes a batch in the order of its lines. */
export type WriteBatch = (lines: UsageEntry[], expected: Expectation) => Promise<Written>

/**
 * Writes a batch and all the sums that it changes, in one transaction. Where a way turns out to be the wrong one, that is
 * undone and another one taken.
 */
export async function writeBatch(
  db: Db,
  accountId: string,
  lines: UsageEntry[],
  expected: Expectation,
): Promise<Written> {
  // A figure that changes no sum would not show that its SIM is unknown.
  if (expected.unknownSims || lines.some(isFigure)) return writeOfSims(db, accountId, lines, expected)
  return writeKnown(db, accountId, lines, expected)
}

async function writeKnown(db: Db, accountId: string, lines: UsageEntry[], expected: Expectation): Promise<Written> {
  if (lines.length === 0) return { accepted: 0, rejected: [], found: expected }
  try {
    return await db.transaction((tx) => write(tx, accountId, lines, expected))
  } catch (error) {
    if (error instanceof HasRepeats) return writeKnown(db, accountId, lines, { ...expected, repeats: true })
    if (error instanceof HasUnknownSims) return writeOfSims(db, accountId, lines, expected)
    if (error instanceof TooMuch) return writeHalves(db, accountId, lines, expected)
    throw error
  }
}

async function write(tx: Db, accountId: string, entries: UsageEntry[], { repeats }: Expectation): Promise<Written> {
  const figures: UsageFigure[] = []
  const lines: UsageLine[] = []
  for (const entry of entries)
    if (isFigure(entry)) figures.push(entry)
    else lines.push(entry)
  const { rows } = await tx.query<Period>(
    prepared(sql`SELECT period - date '1970-01-01' AS day, has_older FROM usage_begin(${accountId})`),
  )
  const [period] = rows
  if (!period) throw new Error('there is no period that records arrive in')
  const isNew = await (repeats || lines.length === 0 ? insertUnknown : copyAll)(tx, accountId, lines, period)
  const { fresh = [], stale = [] } = Object.groupBy(lines, (line) => (isNew(line) ? 'fresh' : 'stale'))
  // Sorting, writing out and adding up 10,000 lines takes 40 ms: other requests come between.
  await nextTurn()
  const { sent = [], plain = [] } = Object.groupBy(fresh, ({ source }) => (source === undefined ? 'plain' : 'sent'))
  const sums = await sumDays(plain)
  const replaced = await writeSources(tx, accountId, figures, sent, sums)
  await nextTurn()
  await addDays(tx, accountId, sums.inOrder())
  const rejected = await findConflicts(tx, accountId, stale)
  return { accepted: fresh.length + replaced, rejected, found: { repeats: stale.length > 0, unknownSims: false } }
}

/** Leaves out what names no SIM. */
async function writeOfSims(db: Db, accountId: string, lines: UsageEntry[], expected: Expectation): Promise<Written> {
  const { rows } = await db.query<{ iccid: string }>({
    name: 'usage-unknown-sims',
    text: `SELECT iccid FROM unnest($2::text[]) AS iccid
           WHERE (SELECT true FROM sim AS s WHERE s.account_id = $1 AND s.iccid = iccid.iccid) IS NULL`,
    values: [accountId, [...new Set(lines.map((line) => line.iccid))]],
  })
  const unknownSims = new Set(rows.map(({ iccid }) => iccid))
  const [known, unknown]: [UsageEntry[], RejectedLine[]] = [[], []]
  for (const line of lines)
    if (unknownSims.has(line.iccid)) unknown.push({ line: line.line, reason: 'iccid is not a SIM of this account' })
    else known.push(line)
  const { accepted, rejected, found } = await writeKnown(db, accountId, known, { ...expected, unknownSims: false })
  return { accepted, rejected: [...unknown, ...rejected], found: { ...found, unknownSims: unknownSims.size > 0 } }
}

/** A day of a SIM would be too much: finds the records that are. */
async function writeHalves(db: Db, accountId: string, lines: UsageEntry[], expected: Expectation): Promise<Written> {
  const [first] = lines
  if (lines.length === 1 && first) {
    const reason = "it takes the SIM's day beyond 2^53 - 1 bytes"
    return { accepted: 0, rejected: [{ line: first.line, reason }], found: expected }
  }
  const middle = lines.length >> 1
  const left = await writeKnown(db, accountId, lines.slice(0, middle), expected)
  const right = await writeKnown(db, accountId, lines.slice(middle), left.found)
  return {
    accepted: left.accepted + right.accepted,
    rejected: [...left.rejected, ...right.rejected],
    found: right.found,
  }
}

/** What records arrive in now, by its first day since 1970, and whether there are older ones to look into. */
interface Period {
  day: number
  has_older: boolean
}

type IsNew = (line: UsageLine) => boolean

/** Some records were there before. */
class HasRepeats extends Error {}

/** Written out in one turn of the event loop. */
const linesInTurn = 2_500

const uniqueViolation = '23505'

async function copyAll(tx: Db, accountId: string, lines: UsageLine[], period: Period): Promise<IsNew> {
  if (period.has_older && (await isAnyOlder(tx, accountId, lines, period))) throw new HasRepeats()
  const rows = new CopyRows()
  const account = Buffer.from(accountId.replaceAll('-', ''), 'hex')
  const sorted = lines.toSorted(byKey)
  await nextTurn()
  for await (const part of inTurns(sorted, linesInTurn))
    for (const { iccid, id, start, end, upload, download } of part) {
      rows.row(8)
      rows.bytes(account)
      rows.text(iccid)
      rows.text(id)
      rows.timestamp(start)
      rows.timestamp(end)
      rows.bigint(upload)
      rows.bigint(download)
      rows.date(period.day)
    }
  try {
    await tx.copy(`COPY usage_record (${columns}) FROM STDIN (FORMAT binary)`, rows.end())
  } catch (error) {
    throw error instanceof pg.DatabaseError && error.code === uniqueViolation ? new HasRepeats() : error
  }
  return () => true
}

async function isAnyOlder(tx: Db, accountId: string, lines: UsageLine[], { day }: Period): Promise<boolean> {
  const { rows } = await tx.query<{ is_any_older: boolean }>({
    name: 'usage-older',
    text: `SELECT EXISTS (SELECT FROM ${batch} WHERE ${isOlder}) AS is_any_older`,
    values: [...valuesOf(accountId, lines), day],
  })
  return rows[0]?.is_any_older ?? false
}

/** Of lines that are the same record the first is new. */
async function insertUnknown(tx: Db, accountId: string, lines: UsageLine[], { day }: Period): Promise<IsNew> {
  if (lines.length === 0) return () => false
  const { rows } = await tx.query<{ iccid: string; id: string }>({
    name: 'usage-insert',
    text: `
      INSERT INTO usage_record (${columns})
      SELECT $1, iccid, id, to_timestamp(started), to_timestamp(ended), upload, download, ${periodOf}
      FROM ${batch} WHERE NOT ${isOlder} ORDER BY iccid COLLATE "C", id COLLATE "C", line
      ON CONFLICT DO NOTHING RETURNING iccid, id`,
    values: [...valuesOf(accountId, lines), day],
  })
  const keyOf = ({ iccid, id }: { iccid: string; id: string }) => `${iccid} ${id}`
  const unseen = new Set(rows.map(keyOf))
  return (line) => unseen.delete(keyOf(line))
}

/** Writers that have the same records wait for each other in one order, and never in a circle. */
function byKey(a: UsageLine, b: UsageLine): number {
  if (a.iccid !== b.iccid) return a.iccid < b.iccid ? -1 : 1
  return a.id < b.id ? -1 : 1
}

export const idWasUsed = 'its id was used before with other content'

/** Of records that were there before, those that had other content. */
async function findConflicts(tx: Db, accountId: string, lines: UsageLine[]): Promise<RejectedLine[]> {
  if (lines.length === 0) return []
  const { rows } = await tx.query<{ line: number }>({
    name: 'usage-conflicts',
    text: `
      SELECT line::int FROM ${batch}
      WHERE (SELECT (r.started_at, r.ended_at, r.upload, r.download)
               IS NOT DISTINCT FROM (to_timestamp(started), to_timestamp(ended), b.upload, b.download)
             FROM usage_record AS r WHERE ${isSame} LIMIT 1) IS NOT true
      ORDER BY line`,
    values: valuesOf(accountId, lines),
  })
  return rows.flatMap(({ line }) => {
    const record = lines[line - 1]
    return record ? [{ line: record.line, reason: idWasUsed }] : []
  })
}

const valuesOf = (accountId: string, lines: UsageLine[]) => [
  accountId,
  textArray(lines.map(({ iccid }) => iccid)),
  textArray(lines.map(({ id }) => id)),
  numberArray(lines.map(({ start }) => start / 1000)),
  numberArray(lines.map(({ end }) => end / 1000)),
  numberArray(lines.map(({ upload }) => upload)),
  numberArray(lines.map(({ download }) => download)),
]

const columns = 'account_id, iccid, id, started_at, ended_at, upload, download, period'

const batch = `
  unnest($2::text[], $3::text[], $4::float8[], $5::float8[], $6::bigint[], $7::bigint[])
    WITH ORDINALITY AS b (iccid, id, started, ended, upload, download, line)`

/** Of a record `r` and a line `b`; by the keys they are found. */
const isSame = `r.account_id = $1 AND usage_sim_key(r.iccid) = usage_sim_key(b.iccid)
  AND usage_record_key(r.iccid, r.id) = usage_record_key(b.iccid, b.id) AND r.iccid = b.iccid AND r.id = b.id`

const periodOf = "date '1970-01-01' + $8::int"

/** Whether the record of a line `b` came in an earlier period. */
const isOlder = `
  (SELECT true FROM usage_record AS r WHERE ${isSame} AND r.period < ${periodOf} LIMIT 1) IS NOT NULL`
