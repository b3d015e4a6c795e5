import { readIccid, readImeiStart } from '@mason/contract/identifiers'
import sql, { type Sql } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { preferIndexes } from '../../core/db/prefer-indexes.ts'
import { foldedText } from '../../core/filter/compare.ts'
import { isUuid } from '../../core/http/validation.ts'
import { withinTable } from '../../core/reach.ts'

/** What each identifier stands for, as JSON, in their order: the first way of reading it that finds a device counts. */
export async function lookUp(db: Db, actor: Actor, identifiers: readonly string[]): Promise<string[]> {
  const trimmed = identifiers.map((written) => written.trim())
  const imeis = trimmed.map(readImeiStart)
  return db.transaction(async (tx) => {
    // It would read the whole fleet for each ICCID.
    await preferIndexes(tx)
    const { rows } = await tx.query<{ document: string }>(sql`
      SELECT json_strip_nulls(json_build_object('identifier', t.written,
        'device', CASE WHEN NOT found.ambiguous THEN json_build_object(
          'id', found.id, 'self', '/v1/default/device/' || found.id, 'name', found.name, 'serialnumber', found.serialnumber) END,
        'ambiguous', CASE WHEN found.ambiguous THEN true END))::text AS document
      FROM unnest(${identifiers}::text[], ${trimmed}::text[], ${trimmed.map((text) => (isUuid(text) ? text : null))}::uuid[],
                  ${imeis.map((start) => start ?? null)}::text[], ${imeis.map(behindImei)}::text[],
                  ${trimmed.map((text) => readIccid(text) ?? null)}::text[])
        WITH ORDINALITY AS t (written, text, id, imei, behind_imei, iccid, place)
      LEFT JOIN LATERAL (
        SELECT *, count(*) OVER (PARTITION BY way) > 1 AS ambiguous FROM (${readings(actor)}) AS reading
        ORDER BY way LIMIT 1) AS found ON true
      ORDER BY t.place`)
    return rows.map(({ document }) => document)
  })
}

/** A text behind all IMEIs that begin with this one: a colon follows the digits. */
export const behindImei = (start: string | undefined) => (start === undefined ? null : `${start}:`)

/** The devices that `t` may stand for, at most two by each way of reading it. */
function readings(actor: Actor): Sql {
  const own = sql`d.account_id = ${actor.accountId} ${withinTable(actor, 'device', 'd')}`
  const device = sql`device AS d WHERE ${own}`
  return sql`
    SELECT 1 AS way, d.id, d.name, d.serialnumber FROM ${device} AND d.id = t.id
    UNION ALL SELECT 2, d.id, d.name, d.serialnumber FROM ${device} AND d.serialnumber = t.text
    UNION ALL (SELECT 3, d.id, d.name, d.serialnumber FROM ${device} AND ${foldedText(sql`d.serialnumber`)} = ${foldedText(sql`t.text`)} LIMIT 2)
    UNION ALL (SELECT 4, d.id, d.name, d.serialnumber FROM ${device} AND d.imei ~>=~ t.imei AND d.imei ~<~ t.behind_imei LIMIT 2)
    UNION ALL (SELECT 5, d.id, d.name, d.serialnumber
               FROM (SELECT * FROM device WHERE iccids @> ARRAY[t.iccid] OFFSET 0) AS d WHERE ${own} LIMIT 2)
    UNION ALL (SELECT 6, d.id, d.name, d.serialnumber FROM ${device} AND d.name = t.text LIMIT 2)
    UNION ALL (SELECT 7, d.id, d.name, d.serialnumber FROM ${device} AND ${foldedText(sql`d.name`)} = ${foldedText(sql`t.text`)} LIMIT 2)`
}
