import type { ScheduleAction } from '@mason/contract/schedule'
import type { Target } from '@mason/contract/target'
import { kindOf } from '../commands/catalog.ts'
import { counted } from '../ui/numbers.ts'

const exported = { device: 'devices', sim: 'SIMs', usage: 'data usage', audit: 'the audit trail' } as const

/** What a schedule does, in words: "Reboot: the group kiosks". */
export function actionInWords(action: ScheduleAction): string {
  if ('export' in action) return `Export of ${exported[action.export.kind]} as ${action.export.format.toUpperCase()}`
  return `${kindOf(action.notification.type).label}: ${targetInWords(action.notification.target)}`
}

function targetInWords(target: Target): string {
  if ('group' in target) return `the group ${target.group}`
  if ('devices' in target) return counted(target.devices.length, 'device')
  if ('view' in target) return 'devices of a view'
  return Object.keys(target.filter).length === 0 ? 'all devices' : 'devices that match a filter'
}
