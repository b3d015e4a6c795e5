import sql from 'sql-template-tag'
import { filter } from '../../fleet/device/list.ts'
import type { Filters, Source } from './kind.ts'

export const deviceSource = (accountId: string, filters: Filters): Source => ({
  items: sql`
    FROM device_document CROSS JOIN LATERAL (
      SELECT ('{' || substr(os, 2) || '}')::jsonb -> 'os' AS os, ('{' || substr(battery, 2) || '}')::jsonb AS battery
    ) AS reported WHERE account_id = ${accountId} ${filter(filters)}`,
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
    incremental: sql`reported.os #>> '{masonOS,incremental}'`,
    project: sql`reported.os #>> '{configuration,project}'`,
    projectVersion: sql`reported.os #>> '{configuration,version}'`,
    battery: sql`reported.battery #>> '{battery,level}'`,
    iccids: sql`array_to_string(iccids, ' ')`,
  }),
})
