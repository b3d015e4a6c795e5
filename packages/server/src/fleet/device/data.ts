import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { byId, byPlace, type Section, section } from '../../core/http/lines.ts'

/** All that is kept about a device. */
export async function dataOf(db: Db, accountId: string, id: string): Promise<Section[]> {
  const ofDevice = sql`account_id = ${accountId} AND device_id = ${id}`
  const { rows } = await db.query<{ iccids: string[] }>(sql`
    SELECT coalesce(iccids, '{}') AS iccids FROM device WHERE account_id = ${accountId} AND id = ${id}`)
  const usage = sql`(
    SELECT iccid || ' ' || day AS place, account_id, iccid,
      json_build_object('iccid', iccid, 'day', day, 'upload', upload, 'download', download) AS document
    FROM device_usage_day WHERE account_id = ${accountId} AND iccid = ANY (${rows[0]?.iccids ?? []})) AS counted`
  const deployments = sql`(
    SELECT account_id, device_id, deployment_id AS id, json_strip_nulls(json_build_object(
      'deployment', deployment_id, 'state', state, 'reason', reason, 'toldAt', iso_time(told_at), 'finishedAt', iso_time(finished_at)))
      AS document
    FROM deployment_device WHERE ${ofDevice}) AS told`
  const refusals = sql`(
    SELECT account_id, id, json_strip_nulls(json_build_object('job', job_id, 'line', line, 'reason', reason, 'input', input)) AS document
    FROM job_failure WHERE account_id = ${accountId} AND subject = ${id}) AS refused`
  return [
    section('device', sql`device_document`, sql`account_id = ${accountId} AND id = ${id}`, byId),
    section('sim', sql`sim_document`, ofDevice, { column: sql`iccid`, type: sql`text` }),
    section('deployment', deployments, ofDevice, byId),
    section('notification', sql`notification_document`, ofDevice, byId),
    section('location', sql`location_document`, ofDevice, { column: sql`received_at`, type: sql`timestamptz` }),
    section('usage', usage, sql`true`, { column: sql`place`, type: sql`text` }),
    section('xray', sql`xray_document`, ofDevice, byId),
    section('refusal', refusals, sql`true`, { column: sql`id`, type: sql`bigint` }),
    section('event', sql`event_document`, ofDevice, byPlace),
    section('audit', sql`audit_document`, sql`account_id = ${accountId} AND subject_id = ${id}`, byPlace),
  ]
}
