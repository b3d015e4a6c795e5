import type { AlertConditionName } from '@mason/contract/alert-condition'
import type { Line } from '../../core/mail/letter.ts'
import type { Told } from './told.ts'

const text = (value: unknown) => (value === null || value === undefined ? '' : String(value))

const megabytes = (value: unknown) => `${(Number(value) / 1_000_000).toFixed(1)} MB`

/** What was found, in a few words. */
const details: Readonly<Record<AlertConditionName, (data: Told['data'], local: (time: string) => string) => string>> = {
  'device.offline': ({ lastcheckin }, local) => `offline, last check-in ${local(text(lastcheckin))}`,
  'device.battery': ({ level }) => `battery at ${text(level)} percent`,
  'device.not_updated': () => 'lacks something that is deployed to it',
  'device.report_fault': () => 'a part of its report is unreadable',
  'device.conflict': () => 'two devices use its credential',
  'notification.failed': ({ type, reason }) => `the command ${text(type)} failed${reason ? `: ${text(reason)}` : ''}`,
  'deployment.paused': ({ group, reason }) =>
    `paused${group ? ` in the group ${text(group)}` : ''}${reason ? `: ${text(reason)}` : ''}`,
  'sim.limit': ({ used, limit }) => `used ${megabytes(used)} of ${megabytes(limit)} in this month`,
  'sim.anomaly': ({ day, bound }) => `more than ${megabytes(bound)} on ${text(day)}`,
  'sim.imei_lock': ({ imei }) => `is in the device with the IMEI ${text(imei)}`,
  'pool.threshold': ({ used, allowance }) => `used ${megabytes(used)} of ${megabytes(allowance)} in this month`,
  'carrier.error': () => 'does not work',
  'webhook.failing': ({ disabledReason }) =>
    disabledReason ? `disabled: ${text(disabledReason)}` : 'its deliveries fail',
}

const pages: Readonly<Record<string, string>> = {
  device: 'devices',
  sim: 'sims',
  deployment: 'deployments',
  webhook: 'webhooks',
}

/** An alert as a line of a mail: what it is about, what was found and when, and a link to its page. */
export function lineOf(alert: Told, publicUrl: string, timezone: string): Line {
  const { condition, severity: tone, kind, subject, name, data, openedAt } = alert
  const local = (time: string) => (time === '' ? '' : localTime(new Date(time), timezone))
  if (kind === 'platform')
    return {
      text: 'All devices',
      detail: `the platform hears of none of them, ${localTime(openedAt, timezone)}`,
      url: `${publicUrl}/devices`,
      tone,
    }
  const page = pages[kind]
  return {
    text: nameOf(alert, name),
    detail: `${details[condition](data, local)} · alert opened ${localTime(openedAt, timezone)}`,
    url: page === undefined ? `${publicUrl}/plan` : `${publicUrl}/${page}/${encodeURIComponent(subject)}`,
    tone,
  }
}

function nameOf({ kind, subject, data }: Told, name: string | null): string {
  if (kind === 'deployment') return `${text(data.name)} ${text(data.version)}`
  if (kind === 'subscription') return 'The data pool'
  return name ?? (kind === 'webhook' ? `Webhook ${subject}` : subject)
}

/** A moment as it is said in a zone. */
const localTime = (moment: Date, timezone: string): string =>
  new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'short', timeZone: timezone }).format(moment)

/** More are only said to be more. */
export const mostCounted = 10_000

/** "1 alert", "2 alerts". */
export const numberOf = (count: number, noun: string): string =>
  `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`

/** The same of what was counted up to a number. */
export const roughly = (count: number, noun: string): string =>
  count > mostCounted ? `more than ${numberOf(mostCounted, noun)}` : numberOf(count, noun)
