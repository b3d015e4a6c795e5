import type { Static } from 'typebox'
import * as T from 'typebox'
import { alertConditionNames, alertSeverities } from './alert-condition.ts'
import { answers, closed, Fleet, FleetAndId, filterExpression, pageQuery, pages, Self, Time, text } from './common.ts'
import { Count } from './count.ts'
import { notificationTypes } from './notification.ts'
import { route } from './route.ts'
import { Email } from './user.ts'

/** The most addresses, and the most webhooks, that one rule tells. */
const mostToldByRule = 20

const name = text(100, { description: 'what people call it', examples: ['Tills are offline'] })
const condition = T.Enum(alertConditionNames, { description: 'what is watched' })
const below = T.Integer({ minimum: 1, maximum: 100, description: 'percent, of `device.battery`', examples: [15] })
const percent = T.Integer({ minimum: 1, maximum: 1_000, description: 'of `pool.threshold`', examples: [80] })
const notificationType = T.Enum(notificationTypes, {
  description: 'of `notification.failed`: commands of this type alone',
})
const filter = filterExpression('group==tills')
const forMinutes = T.Integer({
  minimum: 0,
  maximum: 43_200,
  description: 'minutes for which the condition must have held before an alert opens',
  examples: [15],
})
const severity = T.Enum(alertSeverities, { description: 'how bad it is' })
const enabled = T.Boolean({ description: 'whether it is watched; the alerts of a rule that is disabled end' })
const notify = (options: Record<string, unknown> = {}) =>
  closed(
    {
      emails: T.Optional(
        T.Array(Email, {
          maxItems: mostToldByRule,
          description: 'get a mail, one a rule and minute at most',
        }),
      ),
      webhooks: T.Optional(
        T.Array(T.String({ format: 'uuid', examples: ['0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'] }), {
          maxItems: mostToldByRule,
          description: 'ids of webhooks that get the events of these alerts, whatever their types',
        }),
      ),
    },
    { description: 'who is told', ...options },
  )

export const AlertRule = T.Object(
  {
    id: T.String(),
    self: Self,
    name,
    condition,
    below: T.Optional(below),
    percent: T.Optional(percent),
    notificationType: T.Optional(notificationType),
    filter: T.Optional(filter),
    for: forMinutes,
    severity,
    notify: notify(),
    enabled,
    createdAt: Time,
  },
  { title: 'AlertRule' },
)
export type AlertRule = Static<typeof AlertRule>

const watched = {
  condition,
  below: T.Optional(below),
  percent: T.Optional(percent),
  notificationType: T.Optional(notificationType),
  filter: T.Optional(filter),
}

export const NewAlertRule = closed(
  {
    name,
    ...watched,
    for: T.Optional({ ...forMinutes, default: 0 }),
    severity,
    notify: T.Optional(notify()),
    enabled: T.Optional({ ...enabled, default: true }),
  },
  { title: 'NewAlertRule' },
)
export type NewAlertRule = Static<typeof NewAlertRule>

export const AlertRuleChange = closed(
  {
    name: T.Optional(name),
    below: T.Optional(below),
    percent: T.Optional(percent),
    notificationType: T.Optional(T.Union([notificationType, T.Null()])),
    filter: T.Optional(T.Union([filter, T.Null()], { description: '`null` removes it' })),
    for: T.Optional(forMinutes),
    severity: T.Optional(severity),
    notify: T.Optional(notify()),
    enabled: T.Optional(enabled),
  },
  { title: 'AlertRuleChange' },
)
export type AlertRuleChange = Static<typeof AlertRuleChange>

/** What a rule would watch. */
export const AlertPreview = closed(watched, { title: 'AlertPreview' })
export type AlertPreview = Static<typeof AlertPreview>

const tags = ['Alerts']

export const listAlertRules = route({
  method: 'GET',
  url: '/v1/:fleet/alert-rule',
  config: { scope: 'hook:read', reach: 'account' },
  schema: {
    operationId: 'listAlertRules',
    summary: 'List alert rules',
    description: 'An account begins with some; all but three of them are disabled.',
    tags,
    params: Fleet,
    querystring: pageQuery({}),
    response: pages(AlertRule),
  },
})

export const createAlertRule = route({
  method: 'POST',
  url: '/v1/:fleet/alert-rule',
  config: { scope: 'hook:admin', reach: 'account' },
  schema: {
    operationId: 'createAlertRule',
    summary: 'Create an alert rule',
    description:
      'It raises one alert for each subject until its condition is over. `filter` is about devices or SIMs, as the condition is. An account has at most 100.',
    tags,
    params: Fleet,
    body: NewAlertRule,
    response: answers(AlertRule),
  },
})

export const previewAlertRule = route({
  method: 'POST',
  url: '/v1/:fleet/alert-preview',
  config: { scope: 'hook:read', reach: 'account', audit: false },
  schema: {
    operationId: 'previewAlertRule',
    summary: 'Count what a rule would be open for now',
    description: 'As if its condition had held for long enough; an estimate where to count takes more than a second.',
    tags,
    params: Fleet,
    body: AlertPreview,
    response: answers(Count),
  },
})

export const getAlertRule = route({
  method: 'GET',
  url: '/v1/:fleet/alert-rule/:id',
  config: { scope: 'hook:read', reach: 'account' },
  schema: {
    operationId: 'getAlertRule',
    summary: 'Read an alert rule',
    tags,
    params: FleetAndId,
    response: answers(AlertRule),
  },
})

export const updateAlertRule = route({
  method: 'POST',
  url: '/v1/:fleet/alert-rule/:id',
  config: { scope: 'hook:admin', reach: 'account' },
  schema: {
    operationId: 'updateAlertRule',
    summary: 'Change an alert rule',
    description: 'Its condition stays. Alerts that the rule as it is now would not raise end by themselves.',
    tags,
    params: FleetAndId,
    body: AlertRuleChange,
    response: answers(AlertRule),
  },
})

export const deleteAlertRule = route({
  method: 'DELETE',
  url: '/v1/:fleet/alert-rule/:id',
  config: { scope: 'hook:admin', reach: 'account' },
  schema: {
    operationId: 'deleteAlertRule',
    summary: 'Delete an alert rule',
    description: 'Its open alerts end; they stay in the list.',
    tags,
    params: FleetAndId,
    response: answers(AlertRule),
  },
})
