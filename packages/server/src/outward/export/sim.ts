import sql, { empty } from 'sql-template-tag'
import { filter } from '../../connectivity/sim/service.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { type Reach, withinTable } from '../../core/reach.ts'
import type { Filters, Source } from './kind.ts'

/** PostgreSQL knows up to 1,600 columns, a spreadsheet 16,384; a person fewer. */
const maxMarkerKeys = 500

export const simSource = (reach: Reach, { filter: text, ...filters }: Filters): Source => ({
  items: sql`
    FROM sim_document AS s
    WHERE account_id = ${reach.accountId} ${withinTable(reach, 'sim', 's')} ${filter(reach.accountId, filters)}
      ${text === undefined ? empty : isAmong(reach.accountId, text)}`,
  order: sql`iccid`,
  document: sql`document`,
  columns: async (tx) => ({
    iccid: sql`iccid`,
    carrier: sql`carrier`,
    name: sql`name`,
    imsi: sql`imsi`,
    msisdn: sql`msisdn`,
    eid: sql`eid`,
    state: sql`state`,
    stateReason: sql`state_reason`,
    dataLimitBytes: sql`data_limit_bytes`,
    dataLimitAction: sql`data_limit_action`,
    imeiLock: sql`imei_lock`,
    device: sql`device_id`,
    createdAt: sql`iso_time(created_at)`,
    activatedAt: sql`iso_time(activated_at)`,
    ...(await markerColumns(tx, reach)),
  }),
})

const isAmong = (accountId: string, text: string) =>
  sql`AND iccid IN (SELECT iccid FROM sim WHERE account_id = ${accountId} ${filter(accountId, { filter: text })})`

/** A column for every marker that is in use, named as an import has it. */
async function markerColumns(tx: Db, reach: Reach) {
  const own =
    reach.groups &&
    sql`AND (SELECT true FROM sim WHERE sim.account_id = m.account_id AND sim.iccid = m.iccid ${withinTable(reach, 'sim')})`
  const { rows } = await tx.query<{ key: string }>(sql`
    SELECT DISTINCT key FROM sim_marker AS m WHERE account_id = ${reach.accountId} AND until_day = 'infinity' ${own ?? empty}
    ORDER BY key LIMIT ${maxMarkerKeys + 1}`)
  if (rows.length > maxMarkerKeys)
    throw new AppError('conflict_error', `The SIMs have over ${maxMarkerKeys} kinds of markers: export them as NDJSON`)
  const value = (key: string) => sql`(
    SELECT value FROM sim_marker AS m WHERE m.account_id = s.account_id AND m.iccid = s.iccid AND m.key = ${key}
    AND m.until_day = 'infinity')`
  return Object.fromEntries(rows.map(({ key }) => [`marker.${key}`, value(key)]))
}
