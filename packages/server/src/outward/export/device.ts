import sql from 'sql-template-tag'
import { filter } from '../../fleet/device/list.ts'
import type { Filters, Source } from './kind.ts'

export const deviceSource = (accountId: string, filters: Filters): Source => ({
  // OFFSET 0 has what was reported parsed once, and not for each of its columns.
  items: sql`
    FROM device_document CROSS JOIN LATERAL (SELECT ('{' || substr(os || battery, 2) || '}')::jsonb AS members OFFSET 0) AS reported
    WHERE account_id = ${accountId} ${filter(filters)}`,
  counted: sql`FROM device WHERE account_id = ${accountId} ${filter(filters)}`,
  order: sql`id`,
  document: sql`document`,
  columns: () => ({
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
  }),
})
