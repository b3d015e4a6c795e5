import { type MonthQuery, maxElements, type SeriesQuery, type SimUsageQuery } from '@mason/contract/usage'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Actor, isRestricted } from '../../core/actor.ts'
import { type Db, prepared } from '../../core/db/database.ts'
import { invalid, notFound } from '../../core/errors.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { maxAnswerBytes } from '../../core/http/page-statement.ts'
import { withinTable } from '../../core/reach.ts'
import { type MarkerFilter, readMarker } from '../sim/marker-filter.ts'
import * as sims from '../sim/service.ts'
import { daysIn, daysOf, monthOf, usedIn, type Window } from './window.ts'

/** The account's use of a month: one element, or one for each value of the marker. */
export function ofMonth(db: Db, { accountId }: Actor, { date, marker }: MonthQuery): Promise<string> {
  const window = monthOf(date)
  return ofAccount(db, accountId, window, readMarker(marker), {
    perValue: 1,
    elements: sql`
      SELECT sum(upload) AS upload, sum(download) AS download, ${window.first}::date AS day FROM usage_sum_part
      WHERE account_id = ${accountId} AND key = v.key AND value = v.value AND day >= ${window.first} AND day < ${window.end}`,
  })
}

/** The account's use day by day. */
export function ofDays(db: Db, { accountId }: Actor, { marker, ...query }: SeriesQuery): Promise<string> {
  const { days, ...window } = daysOf(query)
  return ofAccount(db, accountId, window, readMarker(marker), {
    perValue: days,
    elements: sql`
      SELECT upload, download, day FROM ${daysIn(window)} LEFT JOIN (
        SELECT sum(upload) AS upload, sum(download) AS download, day FROM usage_sum_part
        WHERE account_id = ${accountId} AND key = v.key AND value = v.value AND day >= ${window.first} AND day < ${window.end}
        GROUP BY day) AS used USING (day)`,
  })
}

/** Every SIM's use of a month; with a marker that of those that had it. */
export function listOfSims(db: Db, actor: Actor, { date, marker, ...query }: SimUsageQuery): Promise<Page> {
  const view = simElements(actor, monthOf(date), readMarker(marker))
  const hanging = { device: 'device_id' }
  return readPage(db, { view, key: 'iccid', keyType: 'text', reach: actor, hanging }, sims.withKeys(query))
}

/** A SIM's use of a month. */
export async function ofSim(db: Db, actor: Actor, iccid: string, { date, marker }: MonthQuery): Promise<string> {
  const view = simElements(actor, monthOf(date), readMarker(marker))
  return oneSim(
    db,
    actor,
    iccid,
    sql`SELECT document FROM (${view}) AS e WHERE account_id = s.account_id AND iccid = s.iccid`,
  )
}

/** A SIM's use day by day. */
export async function ofSimDays(
  db: Db,
  actor: Actor,
  iccid: string,
  { marker, ...query }: SeriesQuery,
): Promise<string> {
  const { days, ...window } = daysOf(query)
  const filter = readMarker(marker)
  const used = usedIn(window, sql`s.account_id`, sql`s.iccid`)
  if (!filter)
    return oneSim(
      db,
      actor,
      iccid,
      sql`
      SELECT string_agg('{"sim":{"iccid":"' || s.iccid || '"},' || ${usage}, ',' ORDER BY day) AS document FROM ${used}`,
    )
  return oneSim(
    db,
    actor,
    iccid,
    sql`
    SELECT string_agg(${markerHead(filter)} || '"sim":{"iccid":"' || s.iccid || '"},' || ${usage}, ',' ORDER BY day, v.value) AS document
    FROM (
      SELECT m.value, day, sum(upload) FILTER (WHERE held) AS upload, sum(download) FILTER (WHERE held) AS download
      FROM ${used}
      CROSS JOIN LATERAL (SELECT value, day >= from_day AND day < until_day AS held FROM sim_marker AS m
                          WHERE m.account_id = s.account_id AND m.iccid = s.iccid ${had(filter, window)}) AS m
      GROUP BY m.value, day) AS v`,
  )
}

interface Elements {
  /** How many there are for each value. */
  perValue: number
  /** Upload, download and day of each, for a value `v`. */
  elements: Sql
}

/** The elements of an account are those of the one value of the one marker that everything has, without its name. */
async function ofAccount(
  db: Db,
  accountId: string,
  window: Window,
  filter: MarkerFilter | undefined,
  { perValue, elements }: Elements,
): Promise<string> {
  const maxValues = Math.floor(maxElements / Math.max(1, perValue))
  const values = valuesOf(accountId, window, filter, maxValues + 1)
  const { rows } = await db.query<Answer & { values: number }>(
    prepared(sql`
      WITH v (key, value) AS MATERIALIZED (${values})
      SELECT (SELECT count(*)::int FROM v) AS values, ${bounded} FROM (
        SELECT string_agg(${filter ? markerHead(filter) : sql`'{'`} || ${usage}, ',' ORDER BY day, v.value COLLATE "C")
        AS document FROM v CROSS JOIN LATERAL (${elements}) AS element
        WHERE (SELECT count(*) FROM v) <= ${maxValues}) AS answer`),
  )
  if ((rows[0]?.values ?? 0) > maxValues)
    throw invalid('/marker', `has so many values that there are more than ${maxElements} elements; ask for one value`)
  return documentOf(rows[0])
}

/** Selects key and value of the markers that are answered for; as many values as the limit allows. */
function valuesOf(accountId: string, { first, end }: Window, filter: MarkerFilter | undefined, limit: number): Sql {
  if (filter === undefined) return sql`VALUES ('', '')`
  const { key, value } = filter
  if (value !== undefined) return sql`VALUES (${key}, ${value})`
  return sql`SELECT ${key}, value FROM marker_values(${accountId}, ${key}, ${first}, ${end}) AS value LIMIT ${limit}`
}

interface Answer {
  document: string | null
  isTooLarge: boolean | null
}

/** What is never paged is refused where it is larger than any answer may be. */
const bounded = sql`
  CASE WHEN octet_length(document) <= ${maxAnswerBytes} THEN document END AS document,
  octet_length(document) > ${maxAnswerBytes} AS "isTooLarge"`

function documentOf(answer: Answer | undefined): string {
  if (answer?.isTooLarge)
    throw invalid('/marker', 'has so many values that the answer would be larger than 8 MiB; ask for one value')
  return answer?.document ?? ''
}

/** SIMs with their elements of a month, in one piece of text: paging never splits them. */
function simElements(actor: Actor, { first, end }: Window, filter: MarkerFilter | undefined): Sql {
  if (!filter)
    return sql`
      SELECT s.account_id, s.iccid, s.device_id, '{"sim":{"iccid":"' || s.iccid || '"},' || ${usage} AS document
      FROM sim AS s CROSS JOIN LATERAL (
        -- An aggregate is looked up for each SIM of the page; a join might read the months of all.
        SELECT sum(usage_total(upload)) AS upload, sum(usage_total(download)) AS download, ${first}::date AS day
        FROM usage_sim_month AS u
        WHERE u.account_id = s.account_id AND u.month = ${first} AND u.iccid = s.iccid) AS used`
  // The device says who sees the SIM, for those who do not see all.
  const [device, card] = isRestricted(actor)
    ? [sql`card.device_id`, sql`JOIN sim AS card USING (account_id, iccid)`]
    : [sql`NULL::uuid AS device_id`, empty]
  return sql`
    SELECT s.account_id, s.iccid, s.device_id, document
    FROM (SELECT m.account_id, m.iccid, ${device} FROM sim_marker AS m ${card}
          WHERE m.account_id = ${actor.accountId} ${had(filter, { first, end })}
          -- Not as a join: that would begin with the first SIM on every page.
          AND (SELECT true FROM sim_marker AS later
               WHERE later.account_id = m.account_id AND later.iccid = m.iccid
                 AND later.from_day > m.from_day ${had(filter, { first, end })} LIMIT 1) IS NULL) AS s
    CROSS JOIN LATERAL (
      SELECT string_agg(${markerHead(filter)} || '"sim":{"iccid":"' || s.iccid || '"},' || ${usage}, ',' ORDER BY v.value) AS document
      FROM (
        SELECT m.value, sum(upload) AS upload, sum(download) AS download, ${first}::date AS day
        FROM sim_marker AS m LEFT JOIN LATERAL (
          SELECT upload, download FROM usage_sim_day AS d
          WHERE d.account_id = m.account_id AND d.iccid = m.iccid AND d.month = ${first}
            AND d.day >= m.from_day AND d.day < m.until_day OFFSET 0) AS used ON true
        WHERE m.account_id = s.account_id AND m.iccid = s.iccid ${had(filter, { first, end })}
        GROUP BY m.value) AS v) AS elements`
}

/** What there is of one SIM; its elements may be none, but it is. */
async function oneSim(db: Db, actor: Actor, path: string, elements: Sql): Promise<string> {
  const { rows } = await db.query<Answer>(
    prepared(sql`
      SELECT ${bounded} FROM sim AS s LEFT JOIN LATERAL (${elements}) AS e ON true
      WHERE s.account_id = ${actor.accountId} AND s.iccid = ${sims.named(path)} ${withinTable(actor, 'sim', 's')}`),
  )
  if (!rows[0]) throw notFound('SIM')
  return documentOf(rows[0])
}

/** Of sim_marker: on some day of the window. */
const had = ({ key, value }: MarkerFilter, { first, end }: Window) => sql`
  AND key = ${key} ${value === undefined ? empty : sql`AND value = ${value}`} AND from_day < ${end} AND until_day > ${first}`

const usage = sql`'"usage":' || usage_model(coalesce(upload, 0), coalesce(download, 0), day) || '}'`

const markerHead = ({ key }: MarkerFilter) =>
  sql`'{"marker":{"key":"' || ${key} || '","value":' || to_json(v.value) || '},'`
