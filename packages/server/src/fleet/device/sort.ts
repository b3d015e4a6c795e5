import type { DeviceSort } from '@mason/contract/filter/fields'
import sql from 'sql-template-tag'
import { foldedText, versionKey } from '../../core/filter/compare.ts'
import { type Sort, type Sorted, sortOf } from '../../core/http/sorted-page.ts'
import { batteryLevel, lastCheckin } from './filter.ts'

/** No index has the order of what check-ins change, for it would cost each of them. */
const sorts: Record<DeviceSort, Sort> = {
  name: { value: foldedText(sql`device.name`), type: 'text' },
  lastcheckin: {
    value: lastCheckin,
    type: 'time',
    home: { table: 'heartbeat', key: 'device_id', value: sql`heartbeat.last_checkin` },
  },
  createdAt: { value: sql`device.created_at`, type: 'time' },
  'battery.level': {
    value: batteryLevel,
    type: 'number',
    isNullable: true,
    home: { table: 'heartbeat', key: 'device_id', value: sql`(reported(heartbeat.battery) #>> '{battery,level}')` },
  },
  group: { value: foldedText(sql`device.group_name`), type: 'text' },
  family: { value: foldedText(sql`device.family`), type: 'text' },
  'os.release': { value: versionKey(sql`device.os_release`), type: 'text', isNullable: true },
}

export const sortedDevices = (sort: DeviceSort | `-${DeviceSort}`): Sorted => ({
  table: 'device',
  key: 'id',
  ...sortOf(sorts, sort),
})
