import type { Static } from 'typebox'
import * as T from 'typebox'
import { alertConditionNames, alertSeverities } from './alert-condition.ts'
import { ActorName, answers, closed, Fleet, FleetAndId, pageQuery, pages, Self, Time } from './common.ts'
import { route } from './route.ts'

/** The states of an alert. Source: docs/contract.md §11. */
export const alertStates = ['open', 'acknowledged', 'resolved'] as const
export type AlertState = (typeof alertStates)[number]

const severity = T.Enum(alertSeverities)

export const Alert = T.Object(
  {
    id: T.String(),
    self: Self,
    rule: T.Object({ id: T.String(), name: T.String({ examples: ['Tills are offline'] }) }),
    condition: T.Enum(alertConditionNames),
    severity,
    subject: T.Object(
      {
        kind: T.String({ examples: ['device'] }),
        id: T.String(),
        name: T.Optional(T.String({ description: 'of a device or SIM that has one', examples: ['Till 1'] })),
      },
      { description: 'what it is about; `platform` stands for all devices at once, while the platform hears of none' },
    ),
    device: T.Optional(T.Object({ id: T.String(), self: Self })),
    state: T.Enum(alertStates),
    data: T.Record(T.String(), T.Unknown(), { description: 'what was found' }),
    openedAt: Time,
    acknowledgedAt: T.Optional(Time),
    acknowledgedBy: T.Optional(ActorName),
    resolvedAt: T.Optional(Time),
    resolvedBy: T.Optional({ ...ActorName, description: 'who resolved it by hand' }),
    note: T.Optional(T.String()),
  },
  { title: 'Alert' },
)
export type Alert = Static<typeof Alert>

export const AlertQuery = pageQuery({
  state: T.Optional(T.Enum(alertStates)),
  rule: T.Optional(T.String({ format: 'uuid', description: 'of this rule' })),
  device: T.Optional(T.String({ format: 'uuid', description: 'about this device' })),
  severity: T.Optional(severity),
})
export type AlertQuery = Static<typeof AlertQuery>

export const AlertChange = closed(
  {
    state: T.Enum(['acknowledged', 'resolved'], { description: 'somebody cares, or it is over' }),
    note: T.Optional(T.String({ maxLength: 1_000, 'x-normalization': 'NFC', examples: ['The power was out.'] })),
  },
  { title: 'AlertChange' },
)
export type AlertChange = Static<typeof AlertChange>

export const AlertCounts = T.Object(
  {
    open: T.Integer({ minimum: 0 }),
    acknowledged: T.Integer({ minimum: 0 }),
    critical: T.Integer({ minimum: 0, description: 'of those that are open' }),
  },
  { title: 'AlertCounts' },
)
export type AlertCounts = Static<typeof AlertCounts>

const tags = ['Alerts']

export const listAlerts = route({
  method: 'GET',
  url: '/v1/:fleet/alert',
  config: { scope: 'fleet:read', reach: 'account' },
  schema: {
    operationId: 'listAlerts',
    summary: 'List alerts, oldest first',
    description: 'Those that are resolved are kept for as long as events.',
    tags,
    params: Fleet,
    querystring: AlertQuery,
    response: pages(Alert),
  },
})

export const countAlerts = route({
  method: 'GET',
  url: '/v1/:fleet/alert/count',
  config: { scope: 'fleet:read', reach: 'account' },
  schema: {
    operationId: 'countAlerts',
    summary: 'Count the alerts that are not resolved',
    tags,
    params: Fleet,
    response: answers(AlertCounts),
  },
})

export const getAlert = route({
  method: 'GET',
  url: '/v1/:fleet/alert/:id',
  config: { scope: 'fleet:read', reach: 'account' },
  schema: {
    operationId: 'getAlert',
    summary: 'Read an alert',
    tags,
    params: FleetAndId,
    response: answers(Alert),
  },
})

export const updateAlert = route({
  method: 'POST',
  url: '/v1/:fleet/alert/:id',
  config: { scope: 'fleet:manager', reach: 'account' },
  schema: {
    operationId: 'updateAlert',
    summary: 'Acknowledge or resolve an alert',
    description:
      'One that is resolved by hand opens again only after its condition was over once. A resolved alert cannot be changed (409).',
    tags,
    params: FleetAndId,
    body: AlertChange,
    response: answers(Alert),
  },
})
