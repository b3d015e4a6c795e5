import type { CompareQuery } from '@mason/contract/usage'
import sql from 'sql-template-tag'
import * as sims from '../../connectivity/sim/service.ts'
import { daysOf } from '../../connectivity/usage/window.ts'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'

/** Days of a SIM as its carrier and its device have counted them, comma-separated. */
export async function compare(db: Db, actor: Actor, path: string, query: CompareQuery): Promise<string> {
  const { first, end } = daysOf(query)
  const iccid = sims.named(path)
  await sims.read(db, actor, iccid)
  const { rows } = await db.query<{ documents: string | null }>(sql`
    SELECT string_agg(json_strip_nulls(json_build_object(
             'date', to_char(day, 'YYYY-MM-DD"T00:00:00Z"'), 'carrier', carrier, 'sources', sources, 'device', device))::text, ',' ORDER BY day)
             AS documents
    FROM (SELECT day, ${counted} AS carrier, sources
          FROM usage_of_sim(${actor.accountId}, ${iccid}, ${first}, ${end}) AS u
          LEFT JOIN LATERAL (${sourcesOf(actor, iccid)}) AS s ON true) AS c
    FULL JOIN (SELECT day, ${counted} AS device FROM device_usage_day
          WHERE account_id = ${actor.accountId} AND iccid = ${iccid} AND day >= ${first} AND day < ${end}) AS d USING (day)`)
  return rows[0]?.documents ?? ''
}

const counted = sql`json_build_object('upload', upload, 'download', download, 'total', upload + download)`

/** What each source said of a day `u`, and what of it came in records without a source. */
const sourcesOf = ({ accountId }: Actor, iccid: string) => sql`
  SELECT CASE WHEN bool_or(source IS NOT NULL) THEN
           json_agg(json_strip_nulls(json_build_object(
             'source', source, 'upload', upload, 'download', download, 'total', upload + download)) ORDER BY source) END AS sources
  FROM (
    SELECT source, d.upload, d.download FROM usage_source_day AS d
    WHERE d.account_id = ${accountId} AND d.iccid = ${iccid} AND d.day = u.day
      AND d.month = date_trunc('month', u.day)::date
    UNION ALL
    SELECT NULL, u.upload - coalesce(sum(d.upload), 0)::bigint, u.download - coalesce(sum(d.download), 0)::bigint
    FROM usage_source_day AS d
    WHERE d.account_id = ${accountId} AND d.iccid = ${iccid} AND d.day = u.day
      AND d.month = date_trunc('month', u.day)::date
    HAVING (u.upload, u.download) <> (coalesce(sum(d.upload), 0), coalesce(sum(d.download), 0))) AS of_day`
