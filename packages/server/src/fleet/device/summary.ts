import sql from 'sql-template-tag'
import { type Actor, isRestricted } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { withinTable } from '../../core/reach.ts'

/**
 * Counts the fleet from counters that every change of a device keeps up: it costs the same at any size. There are none for each set
 * of groups: for the restricted their devices are counted.
 */
export async function summarize(db: Db, actor: Actor): Promise<string> {
  const { rows } = await db.query<{ document: string }>(sql`
    WITH count AS (${isRestricted(actor) ? countedWithin(actor) : kept(actor)}),
         single AS (SELECT coalesce(max(value) FILTER (WHERE kind = 'devices'), 0) AS devices,
                           coalesce(max(value) FILTER (WHERE kind = 'online'), 0) AS online,
                           coalesce(max(value) FILTER (WHERE kind = 'outOfDate'), 0) AS out_of_date,
                           json_agg(json_build_object('name', key, 'devices', value) ORDER BY key)
                             FILTER (WHERE kind = 'group') AS groups,
                           json_agg(json_build_object('name', key, 'devices', value) ORDER BY key)
                             FILTER (WHERE kind = 'family') AS families,
                           json_agg(json_build_object('name', key, 'devices', value) ORDER BY key)
                             FILTER (WHERE kind = 'release') AS releases
                    FROM count)
    SELECT json_strip_nulls(json_build_object('devices', devices, 'online', online, 'outOfDate', out_of_date, 'groups', coalesce(groups, '[]'),
                             'families', coalesce(families, '[]'), 'releases', coalesce(releases, '[]')))::text AS document
    FROM single`)
  return rows[0]?.document ?? '{}'
}

const kept = ({ accountId }: Actor) => sql`
  SELECT kind, key, value FROM counter_total
  WHERE account_id = ${accountId} AND kind IN ('devices', 'online', 'outOfDate', 'group', 'family', 'release') AND value > 0`

/** By the same definition of what is counted; a device is looked at once. */
const countedWithin = (actor: Actor) => sql`
  SELECT c.kind, c.key, count(*) AS value FROM device CROSS JOIN LATERAL device_counters(device) AS c
  WHERE account_id = ${actor.accountId} ${withinTable(actor, 'device')} AND c.key IS NOT NULL GROUP BY c.kind, c.key`
