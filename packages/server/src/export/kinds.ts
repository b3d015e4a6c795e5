import type { NewExport } from '@mason/contract/export'
import sql, { type Sql } from 'sql-template-tag'
import { filter } from '../device/list.ts'

export type Kind = NewExport['kind']
export type Filters = Omit<NewExport, 'kind' | 'format'>

/** What is read for an export of a kind. */
export interface Source {
  /** FROM and WHERE: the items. */
  items: Sql
  /** What they are ordered by. */
  order: Sql
  /** An item as a line of NDJSON. */
  document: Sql
  /** An item as a row of CSV, with the columns named as they stand in the header. */
  row: Sql
}

/** How each kind is read, given the account and filters that are known to be of the kind. */
export const sources: Record<Kind, (accountId: string, filters: Filters) => Source> = {
  device: (accountId, filters) => ({
    items: sql`FROM device_document CROSS JOIN LATERAL (
        SELECT ('{' || substr(os, 2) || '}')::jsonb -> 'os' AS os, ('{' || substr(battery, 2) || '}')::jsonb AS battery
      ) AS reported WHERE account_id = ${accountId} ${filter(filters)}`,
    order: sql`id`,
    document: sql`document`,
    row: sql`
      id, name, serialnumber, imei, family, group_name AS "group", iso_time(created_at) AS "createdAt",
      last_checkin_text AS lastcheckin, online, os_updated AS "osUpdated", apps_updated AS "appsUpdated",
      project_updated AS "projectUpdated", os_release AS release, reported.os #>> '{masonOS,incremental}' AS incremental,
      reported.os #>> '{configuration,project}' AS project, reported.os #>> '{configuration,version}' AS "projectVersion",
      reported.battery #>> '{battery,level}' AS battery, array_to_string(iccids, ' ') AS iccids`,
  }),
}
