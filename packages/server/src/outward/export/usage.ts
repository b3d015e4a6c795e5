import { readIccid } from '@mason/contract/identifiers'
import sql, { empty } from 'sql-template-tag'
import { readMarker } from '../../connectivity/sim/marker-filter.ts'
import { daysOf } from '../../connectivity/usage/window.ts'
import { invalid } from '../../core/errors.ts'
import { type Reach, withinTable } from '../../core/reach.ts'
import type { Filters, Source } from './kind.ts'

/** The days on which SIMs used something; with a marker those on which they had it. */
export function usageSource(reach: Reach, { start, end, marker, iccid }: Filters): Source {
  if (start === undefined) throw invalid('/start', 'is required')
  if (end === undefined) throw invalid('/end', 'is required')
  const days = daysOf({ start, end })
  const wanted = readMarker(marker)
  const value = wanted?.value === undefined ? empty : sql`AND m.value = ${wanted.value}`
  const marked = wanted
    ? sql`JOIN sim_marker AS m ON m.account_id = u.account_id AND m.iccid = u.iccid AND m.key = ${wanted.key}
            AND u.day >= m.from_day AND u.day < m.until_day ${value}`
    : empty
  const own = reach.groups
    ? sql`AND (SELECT true FROM sim WHERE sim.account_id = u.account_id AND sim.iccid = u.iccid ${withinTable(reach, 'sim')})`
    : empty
  const head = wanted ? sql`'{"marker":' || json_build_object('key', m.key, 'value', m.value) || ','` : sql`'{'`
  return {
    items: sql`
      FROM usage_sim_day AS u ${marked}
      WHERE u.account_id = ${reach.accountId} ${own} AND u.month >= date_trunc('month', ${days.first}::date)::date AND u.month < ${days.end}
        AND u.day >= ${days.first} AND u.day < ${days.end}
      ${iccid === undefined ? empty : sql`AND u.iccid = ${readIccid(iccid) ?? null}`}`,
    // As they lie: nothing has to be sorted.
    order: sql`u.month, u.iccid, u.day`,
    document: sql`
      ${head} || '"sim":{"iccid":"' || u.iccid || '"},"usage":' || usage_model(u.upload, u.download, u.day) || '}'`,
    columns: () => ({
      iccid: sql`u.iccid`,
      date: sql`to_char(u.day, 'YYYY-MM-DD')`,
      upload: sql`u.upload`,
      download: sql`u.download`,
      total: sql`u.upload + u.download`,
      ...(wanted && { [`marker.${wanted.key}`]: sql`m.value` }),
    }),
  }
}
