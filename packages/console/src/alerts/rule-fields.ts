import { type AlertConditionName, type AlertSeverity, alertCondition } from '@mason/contract/alert-condition'
import type { AlertPreview, AlertRule, AlertRuleChange, NewAlertRule } from '@mason/contract/alert-rule'
import type { NotificationType } from '@mason/contract/notification'

/** A rule as it is typed. */
export interface RuleFields {
  name: string
  condition: AlertConditionName
  /** Percent, of the conditions that need some. */
  limit: number | string
  notificationType: NotificationType | ''
  filter: string
  minutes: number | string
  severity: AlertSeverity
  emails: string[]
  webhooks: string[]
}

export const emptyRule: RuleFields = {
  ...{ name: '', condition: 'device.offline', limit: '', notificationType: '', filter: '' },
  ...{ minutes: 0, severity: 'warning', emails: [], webhooks: [] },
}

export const fieldsOf = ({ for: minutes, notify, ...rule }: AlertRule): RuleFields => ({
  ...{ name: rule.name, condition: rule.condition, severity: rule.severity, minutes },
  limit: rule.below ?? rule.percent ?? '',
  notificationType: rule.notificationType ?? '',
  filter: rule.filter ?? '',
  ...{ emails: notify.emails ?? [], webhooks: notify.webhooks ?? [] },
})

/** What the fields have to do with a condition. */
export function needsOf({ condition, limit }: RuleFields) {
  const { needs, takes, subject } = alertCondition(condition)
  return {
    needs,
    takes,
    subject,
    hasFilter: subject === 'device' || subject === 'sim',
    isComplete: !needs || limit !== '',
  }
}

/** What a rule watches. */
export function watchedBy(fields: RuleFields): AlertPreview {
  const { condition, limit, notificationType } = fields
  const { needs, takes, hasFilter } = needsOf(fields)
  const filter = fields.filter.trim()
  return {
    condition,
    ...(needs && limit !== '' && { [needs]: Number(limit) }),
    ...(takes && notificationType !== '' && { notificationType }),
    ...(hasFilter && filter !== '' && { filter }),
  }
}

const restOf = ({ name, minutes, severity, emails, webhooks }: RuleFields) => ({
  ...{ name: name.trim(), for: Number(minutes), severity, notify: { emails, webhooks } },
})

export const newRuleOf = (fields: RuleFields): NewAlertRule => ({ ...watchedBy(fields), ...restOf(fields) })

/** What is empty is removed. */
export function changeOf(fields: RuleFields): AlertRuleChange {
  const { takes, hasFilter } = needsOf(fields)
  const { condition: _, ...watched } = watchedBy(fields)
  const removed = { ...(hasFilter && { filter: null }), ...(takes && { notificationType: null }) }
  return { ...removed, ...watched, ...restOf(fields) }
}
