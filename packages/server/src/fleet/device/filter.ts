import { deviceFields } from '@mason/contract/filter/fields'
import type { Comparison } from '@mason/contract/filter/filter'
import sql, { type Sql } from 'sql-template-tag'
import { foldedText } from '../../core/filter/compare.ts'
import { type Column, conditionOf } from '../../core/filter/condition.ts'
import type { Filtered } from '../../core/filter/page.ts'
import { readFilter } from '../../core/filter/read.ts'
import { ofIccid } from './iccid.ts'

/** An expression of `heartbeat` as one of `device`. */
export const ofHeartbeat = (value: Sql): Sql => sql`(
  SELECT ${value} FROM heartbeat AS h WHERE h.account_id = device.account_id AND h.device_id = device.id)`

/** When a device was last heard of. */
export const lastCheckin = ofHeartbeat(sql`h.last_checkin`)

export const batteryLevel = ofHeartbeat(sql`reported(h.battery) #>> '{battery,level}'`)

/** Those of `heartbeat` are looked up one by one: as a join they might be read from the first to the last. */
const columns: Record<keyof typeof deviceFields, (key: string) => Column> = {
  id: () => ({ value: sql`device.id::text`, equals: (id) => sql`device.id = ${id}::uuid` }),
  name: () => ({ value: sql`device.name` }),
  serialnumber: () => ({ value: sql`device.serialnumber` }),
  imei: () => ({ value: sql`device.imei` }),
  iccid: () => ({ value: sql`SELECT unnest(device.iccids)`, isQuery: true, equals: ofIccid }),
  family: () => ({ value: sql`device.family` }),
  kind: () => ({ value: sql`device.kind` }),
  group: () => ({ value: sql`device.group_name` }),
  online: () => ({ value: sql`device.online` }),
  lastcheckin: () => ({ value: lastCheckin }),
  createdAt: () => ({ value: sql`device.created_at` }),
  'os.release': () => ({ value: sql`device.os_release` }),
  'os.incremental': () => ({ value: sql`(reported(device.os) #>> '{os,masonOS,incremental}')` }),
  project: () => ({ value: sql`(reported(device.os) #>> '{os,configuration,project}')` }),
  projectVersion: () => ({ value: sql`(reported(device.os) #>> '{os,configuration,version}')` }),
  'battery.level': () => ({ value: batteryLevel }),
  'label.': (key) => ({
    value: sql`(device.labels ->> ${key}::text)`,
    equals: (value) => sql`
      EXISTS (SELECT FROM device_label AS entry
              WHERE entry.account_id = device.account_id AND entry.device_id = device.id AND ${isLabeled(key, value)})`,
  }),
  'app.': (name) => ({ value: sql`app_version(device.apps, ${name})` }),
  'wifi.ssid': () => ({ value: ofHeartbeat(sql`reported(h.connection) #>> '{connection,wifi,ssid}'`) }),
  'sim.carrier': () => ({
    value: sql`
      SELECT card ->> 'carrier' FROM heartbeat AS h, json_array_elements(reported(h.connection) #> '{connection,sim}') AS card
      WHERE h.account_id = device.account_id AND h.device_id = device.id`,
    isQuery: true,
  }),
  outOfDate: () => ({ value: isOutOfDate, isFalse: isUpToDate }),
  conflict: () => ({ value: sql`device.has_conflict` }),
  reportFaults: () => ({ value: sql`(device.report_faults IS NOT NULL)` }),
  xray: () => ({ value: sql`SELECT unnest(device.xray)`, isQuery: true }),
}

const isLabeled = (key: string, value: string) =>
  sql`entry.key = ${key} AND ${foldedText(sql`entry.value`)} = ${foldedText(sql`${value}::text`)}`

export const isUpToDate = sql`(os_updated AND apps_updated AND project_updated)`
export const isOutOfDate = sql`(account_id, id) IN (SELECT account_id, device_id FROM out_of_date_device)`

const columnOf = ({ name, key }: Comparison) => columns[name as keyof typeof deviceFields](key)

/** What a filter may say of devices, and how they are found by it. */
export const filteredDevices: Filtered = {
  table: 'device',
  key: 'id',
  keyType: 'uuid',
  columns: columnOf,
  entries: {
    'label.': ({ key }, value) => ({
      table: sql`device_label`,
      key: sql`device_id`,
      condition: isLabeled(key, value),
    }),
  },
}

export const readDeviceFilter = (text: string) => readFilter(text, deviceFields)

/** A filter as a condition on `device`. @throws AppError when it cannot be read. */
export const deviceCondition = (text: string): Sql => conditionOf(readDeviceFilter(text), columnOf)
