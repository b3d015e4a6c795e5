import sql, { empty } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { onDevice, type Reach, withinTable } from '../../core/reach.ts'
import { filter } from '../../fleet/device/list.ts'
import type { Filters, Source } from './kind.ts'

/** PostgreSQL knows up to 1,600 columns; a person fewer. */
const maxLabelKeys = 500

export const deviceSource = (reach: Reach, { filter: text, ...filters }: Filters): Source => ({
  // OFFSET 0 has what was reported parsed once, and not for each of its columns.
  items: sql`
    FROM device_document CROSS JOIN LATERAL (SELECT ('{' || substr(os || battery, 2) || '}')::jsonb AS members OFFSET 0) AS reported
    CROSS JOIN LATERAL (
      SELECT d.labels, d.notes FROM device AS d
      WHERE d.account_id = device_document.account_id AND d.id = device_document.id OFFSET 0) AS said
    WHERE account_id = ${reach.accountId} ${withinTable(reach, 'device', 'device_document')} ${filter(filters)}
      ${text === undefined ? empty : isAmong(reach.accountId, text)}`,
  counted: sql`
    FROM device WHERE account_id = ${reach.accountId} ${withinTable(reach, 'device')}
      ${filter({ ...filters, ...(text !== undefined && { filter: text }) })}`,
  order: sql`id`,
  document: sql`document`,
  columns: async (tx) => ({
    id: sql`id`,
    name: sql`name`,
    serialnumber: sql`serialnumber`,
    imei: sql`imei`,
    family: sql`family`,
    group: sql`group_name`,
    createdAt: sql`iso_time(created_at)`,
    lastcheckin: sql`last_checkin_text`,
    online: sql`online`,
    osUpdated: sql`os_updated`,
    appsUpdated: sql`apps_updated`,
    projectUpdated: sql`project_updated`,
    release: sql`os_release`,
    incremental: sql`members #>> '{os,masonOS,incremental}'`,
    project: sql`members #>> '{os,configuration,project}'`,
    projectVersion: sql`members #>> '{os,configuration,version}'`,
    battery: sql`members #>> '{battery,level}'`,
    iccids: sql`array_to_string(iccids, ' ')`,
    notes: sql`said.notes`,
    ...(await labelColumns(tx, reach)),
  }),
})

const isAmong = (accountId: string, text: string) =>
  sql`AND id IN (SELECT id FROM device WHERE account_id = ${accountId} ${filter({ filter: text })})`

/** A column for every label that is in use, named as an import has it. */
async function labelColumns(tx: Db, reach: Reach) {
  const { rows } = await tx.query<{ key: string }>(sql`
    SELECT DISTINCT key FROM device_label AS l
    WHERE account_id = ${reach.accountId} ${onDevice(reach, sql`l.device_id`)} ORDER BY key LIMIT ${maxLabelKeys + 1}`)
  if (rows.length > maxLabelKeys)
    throw new AppError('conflict_error', `The devices have over ${maxLabelKeys} kinds of labels: export them as NDJSON`)
  return Object.fromEntries(rows.map(({ key }) => [`label.${key}`, sql`said.labels ->> ${key}::text`]))
}
