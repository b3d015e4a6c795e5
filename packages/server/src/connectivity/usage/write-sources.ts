import { numberArray, textArray } from '../../core/db/array-literal.ts'
import type { Db } from '../../core/db/database.ts'
import type { UsageFigure, UsageLine } from './record.ts'
import { type DaySums, monthAndDay, partsOf, TooMuch } from './sum-days.ts'

/** What a source says of a SIM on a day: its figure, or what it has sent in records. */
interface Said {
  iccid: string
  source: string
  day: number
  upload: number
  download: number
}

interface Changed {
  iccid: string
  upload: number
  download: number
  changed: number
}

/**
 * Writes what sources say of days, and adds to `sums` what the totals change by. The rows of sources are locked in the order of
 * months, ICCIDs and sources, and before those of totals, so that writers wait for each other and never in a circle.
 *
 * @returns how many figures are not what they were.
 */
export async function writeSources(
  tx: Db,
  accountId: string,
  figures: readonly UsageFigure[],
  sent: readonly UsageLine[],
  sums: DaySums,
): Promise<number> {
  const [newest, added] = [lastOfEach(figures), addedUp(sent)]
  let changed = 0
  for (const [month, said] of byMonth([...newest, ...added])) {
    await lock(tx, accountId, month, said)
    for (const [day, those] of byDay(newest, month))
      changed += await write(tx, replace, { accountId, day, those, sums })
    for (const [day, those] of byDay(added, month)) await write(tx, add, { accountId, day, those, sums })
  }
  return changed
}

const keyOf = ({ iccid, source, day }: Said) => `${day} ${iccid} ${source}`

/** Of what a source says twice of a day, the last counts. */
const lastOfEach = (figures: readonly UsageFigure[]): Said[] => [
  ...new Map(figures.map((figure) => [keyOf(figure), figure])).values(),
]

function addedUp(sent: readonly UsageLine[]): Said[] {
  const sums = new Map<string, Said>()
  for (const line of sent)
    for (const part of partsOf(line)) {
      const one = { iccid: line.iccid, source: line.source ?? '', ...part }
      const known = sums.get(keyOf(one))
      if (!known) sums.set(keyOf(one), one)
      else {
        known.upload += part.upload
        known.download += part.download
      }
    }
  return [...sums.values()]
}

const byMonth = (said: readonly Said[]) =>
  [...Map.groupBy(said, ({ day }) => monthAndDay(day).month)].sort(([a], [b]) => a - b)

const byDay = (said: readonly Said[], month: number) =>
  Map.groupBy(
    said.filter(({ day }) => monthAndDay(day).month === month),
    ({ day }) => day,
  )

/** All rows are there before any is locked: those that are made wait for none that are locked. */
async function lock(tx: Db, accountId: string, month: number, said: readonly Said[]): Promise<void> {
  const rows = [...new Map(said.map((one) => [`${one.iccid} ${one.source}`, one])).values()].sort(inOrder)
  const values = [
    accountId,
    month,
    textArray(rows.map(({ iccid }) => iccid)),
    textArray(rows.map(({ source }) => source)),
  ]
  await tx.query({
    name: 'usage-source-rows',
    text: `
      INSERT INTO usage_source_month (account_id, month, iccid, source)
      SELECT $1, date '1970-01-01' + $2::int, iccid, source FROM unnest($3::text[], $4::text[]) AS s (iccid, source)
      ON CONFLICT DO NOTHING`,
    values,
  })
  await tx.query({
    name: 'usage-source-lock',
    text: `
      SELECT FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS s (iccid, source, place)
      JOIN usage_source_month AS m ON m.account_id = $1 AND m.month = date '1970-01-01' + $2::int
        AND m.iccid = s.iccid AND m.source = s.source
      ORDER BY place FOR UPDATE OF m`,
    values,
  })
}

/** As the collation "C" orders them. */
const inOrder = (a: Said, b: Said) =>
  Buffer.compare(Buffer.from(a.iccid), Buffer.from(b.iccid)) ||
  Buffer.compare(Buffer.from(a.source), Buffer.from(b.source))

interface Statement {
  name: string
  text: string
}

const said = `
  said AS MATERIALIZED (
    SELECT s.*, m.upload[$3] AS old_upload, m.download[$3] AS old_download, m.sent_upload[$3] AS sent_upload,
           m.sent_download[$3] AS sent_download
    FROM unnest($4::text[], $5::text[], $6::bigint[], $7::bigint[]) AS s (iccid, source, upload, download)
    CROSS JOIN LATERAL (
      SELECT upload, download, sent_upload, sent_download FROM usage_source_month AS m
      WHERE m.account_id = $1 AND m.month = date '1970-01-01' + $2::int AND m.iccid = s.iccid AND m.source = s.source
      OFFSET 0) AS m)`

const isRow = `m.account_id = $1 AND m.month = date '1970-01-01' + $2::int AND m.iccid = s.iccid AND m.source = s.source`

/** A figure takes the place of the one before, or of what the source has sent of that day. */
const replace: Statement = {
  name: 'usage-source-replace',
  text: `
    WITH ${said}, other AS MATERIALIZED (
      SELECT * FROM said WHERE (old_upload, old_download) IS DISTINCT FROM (upload, download)
    ), written AS (
      UPDATE usage_source_month AS m SET upload[$3] = s.upload, download[$3] = s.download FROM other AS s WHERE ${isRow})
    SELECT iccid, sum(upload - coalesce(old_upload, sent_upload, 0))::bigint AS upload,
           sum(download - coalesce(old_download, sent_download, 0))::bigint AS download, count(*)::int AS changed
    FROM other GROUP BY iccid`,
}

/** What is sent is kept, and counts where there is no figure. */
const add: Statement = {
  name: 'usage-source-add',
  text: `
    WITH ${said}, written AS (
      UPDATE usage_source_month AS m SET
        sent_upload[$3] = coalesce(s.sent_upload, 0) + s.upload, sent_download[$3] = coalesce(s.sent_download, 0) + s.download
      FROM said AS s WHERE ${isRow})
    SELECT iccid, coalesce(sum(upload) FILTER (WHERE old_upload IS NULL), 0)::bigint AS upload,
           coalesce(sum(download) FILTER (WHERE old_upload IS NULL), 0)::bigint AS download,
           (max(coalesce(sent_upload, 0) + coalesce(sent_download, 0) + upload + download) > ${Number.MAX_SAFE_INTEGER})::int
             AS changed
    FROM said GROUP BY iccid`,
}

interface Writing {
  accountId: string
  /** Days since 1970. */
  day: number
  those: readonly Said[]
  sums: DaySums
}

async function write(tx: Db, { name, text }: Statement, { accountId, day, those, sums }: Writing): Promise<number> {
  const { month, dayOfMonth } = monthAndDay(day)
  const { rows } = await tx.query<Changed>({
    name,
    text,
    values: [
      ...[accountId, month, dayOfMonth],
      textArray(those.map(({ iccid }) => iccid)),
      textArray(those.map(({ source }) => source)),
      numberArray(those.map(({ upload }) => upload)),
      numberArray(those.map(({ download }) => download)),
    ],
  })
  let changed = 0
  for (const row of rows) {
    if (row.upload !== 0 || row.download !== 0) sums.add(day, row.iccid, row.upload, row.download)
    changed += row.changed
  }
  if (name === add.name && changed > 0) throw new TooMuch()
  return changed
}
