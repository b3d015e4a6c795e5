import type { Alert } from '@mason/contract/alert'
import type { AlertConditionName, AlertSeverity } from '@mason/contract/alert-condition'
import { stopReason } from '../deployments/stop-reason.ts'
import type { Tone } from '../ui/status.tsx'

/** How bad it is, as a color. */
export const severityTones: Readonly<Record<AlertSeverity, Tone>> = { info: 'accent', warning: 'warn', critical: 'bad' }

/** What is watched, in a few words. */
export const conditionLabels: Readonly<Record<AlertConditionName, string>> = {
  'device.offline': 'Device offline',
  'device.battery': 'Battery low',
  'device.not_updated': 'Device out of date',
  'device.report_fault': 'Report unreadable',
  'device.conflict': 'Credential used twice',
  'notification.failed': 'Command failed',
  'deployment.paused': 'Roll-out paused',
  'sim.limit': 'SIM at its limit',
  'sim.anomaly': 'SIM uses far more than usual',
  'sim.imei_lock': 'SIM in another device',
  'pool.threshold': 'Data pool used',
  'carrier.error': 'Carrier does not work',
  'webhook.failing': 'Webhook fails',
}

/** What was found, in a few words. */
export function findingOf({ condition, data }: Pick<Alert, 'condition' | 'data'>): string {
  const text = (name: string) => (data[name] === undefined || data[name] === null ? '' : String(data[name]))
  switch (condition) {
    case 'device.battery':
      return `at ${text('level')} percent`
    case 'notification.failed':
      return [text('type'), text('reason').replaceAll('_', ' ')].filter((word) => word !== '').join(', ')
    case 'deployment.paused':
      return [`${text('name')} ${text('version')}`, stopReason(text('reason'))].filter(Boolean).join(': ')
    case 'sim.imei_lock':
      return `IMEI ${text('imei')}`
    case 'carrier.error':
      return text('error')
    case 'webhook.failing':
      return text('disabledReason')
    default:
      return ''
  }
}
