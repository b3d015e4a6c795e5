/** What a rule may say of a condition beside the condition itself. */
export type AlertParameter = 'below' | 'percent' | 'notificationType'

interface AlertCondition {
  /** What it is about: an alert is of one such. */
  subject: 'device' | 'sim' | 'deployment' | 'subscription' | 'carrier' | 'webhook'
  /** When it holds, as a sentence. */
  summary: string
  needs?: AlertParameter
  takes?: AlertParameter
}

/** Every condition that a rule may watch. Source: docs/contract.md §11. */
export const alertConditions = {
  'device.offline': { subject: 'device', summary: 'The device is offline' },
  'device.battery': { subject: 'device', summary: 'The battery is below `below` percent', needs: 'below' },
  'device.not_updated': { subject: 'device', summary: 'The device lacks something that is deployed to it' },
  'device.report_fault': { subject: 'device', summary: 'A part of the device’s report is unreadable' },
  'device.conflict': { subject: 'device', summary: 'Two devices use one credential' },
  'notification.failed': {
    subject: 'device',
    summary: 'The last command of the device has failed',
    takes: 'notificationType',
  },
  'deployment.paused': { subject: 'deployment', summary: 'The roll-out is paused' },
  'sim.limit': { subject: 'sim', summary: 'The SIM has reached its data limit in this month' },
  'sim.anomaly': { subject: 'sim', summary: 'The SIM used far more than usual, today or yesterday' },
  'sim.imei_lock': { subject: 'sim', summary: 'The SIM is in a device that it is not locked to' },
  'pool.threshold': {
    subject: 'subscription',
    summary: 'The account has used `percent` percent of its data pool in this month',
    needs: 'percent',
  },
  'carrier.error': { subject: 'carrier', summary: 'The connection to a carrier does not work' },
  'webhook.failing': { subject: 'webhook', summary: 'Deliveries of the webhook fail, or the platform disabled it' },
} as const satisfies Record<string, AlertCondition>
export type AlertConditionName = keyof typeof alertConditions
/** The names of the conditions. */
export const alertConditionNames = Object.keys(alertConditions) as [AlertConditionName, ...AlertConditionName[]]

/** What a condition is about and which parameters it has. */
export const alertCondition = (name: AlertConditionName): AlertCondition => alertConditions[name]

/** How bad an alert is, the worst last. */
export const alertSeverities = ['info', 'warning', 'critical'] as const
export type AlertSeverity = (typeof alertSeverities)[number]
