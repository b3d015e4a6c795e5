import T, { type Static } from 'typebox'
import { ActorName, answers, closed, Fleet, FleetAndId, pageQuery, pages, Self, Time, text } from './common.ts'
import { deviceFilters } from './device.ts'
import { route } from './route.ts'
import type { Scope } from './scopes.ts'

/** The types of commands that a device can be sent. Source: docs/contract.md §6. */
export const notificationTypes = ['refresh', 'check', 'reboot', 'shutdown', 'wipe', 'application', 'refurbish'] as const
export type NotificationType = (typeof notificationTypes)[number]

/** The states of a notification, in order; the last four are final. Source: docs/contract.md §6. */
export const notificationStates = [
  'queued',
  'sent',
  'acknowledged',
  'succeeded',
  'failed',
  'expired',
  'canceled',
] as const
export type NotificationState = (typeof notificationStates)[number]

/** Types that cannot be undone: for more than one device they need `confirm` and `expect`. */
export const destructiveTypes: readonly NotificationType[] = ['wipe', 'refurbish', 'shutdown']

/** The scope that sending a type of notification needs. Source: docs/contract.md §6. */
export const scopeOf = (type: NotificationType): Scope => `notify:${type}`

const Type = T.Enum(notificationTypes, { description: 'what to do' })
const State = T.Enum(notificationStates, {
  description: '`succeeded` means that the effect was observed; `expired` that the device did not answer in time',
})

/** The payload of an `application` notification, in any form that its receiver understands; at most 64 KiB as JSON. */
const Payload = T.Unknown({ description: 'JSON for the receiver, at most 64 KiB' })
const expiresIn = T.Integer({
  minimum: 0,
  maximum: 31_536_000,
  default: 86_400,
  description: 'seconds until it expires; 0 = only if the device is online now',
})

export const Notification = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    self: Self,
    type: Type,
    device: T.Object({ id: T.String(), self: Self }),
    batch: T.Optional(T.String({ description: 'the batch that it was sent with' })),
    state: State,
    reason: T.Optional(T.String({ description: 'why it failed', examples: ['not_observed'] })),
    payload: T.Optional(Payload),
    createdAt: Time,
    sentAt: T.Optional(Time),
    acknowledgedAt: T.Optional(Time),
    finishedAt: T.Optional(Time),
    expiresAt: Time,
  },
  { title: 'Notification' },
)
export type Notification = Static<typeof Notification>

/** A command to a device: one per message over MQTT, a list in the answer to a check-in. Source: docs/contract.md §6. */
export const Command = T.Object(
  {
    id: T.String({
      format: 'uuid',
      examples: ['0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'],
      description: 'carry out each id once, however often it arrives',
    }),
    type: Type,
    payload: T.Optional(Payload),
    createdAt: Time,
    expiresAt: Time,
  },
  { title: 'Command' },
)
export type Command = Static<typeof Command>

const outcome = {
  state: T.Enum(['acknowledged', 'failed']),
  reason: T.Optional(text(200, { description: 'why it failed', examples: ['not_supported'] })),
}

/** The outcome of a notification, as a device publishes it to `devices/{id}/notifications/{nid}`. */
export const Outcome = closed(outcome, { title: 'Outcome' })
export type Outcome = Static<typeof Outcome>

/** The outcome of a notification, as a device sends it in a check-in. */
export const NotificationOutcome = closed(
  { id: T.String({ format: 'uuid', examples: ['0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'] }), ...outcome },
  { title: 'NotificationOutcome' },
)
export type NotificationOutcome = Static<typeof NotificationOutcome>

export const NewNotification = closed(
  { type: Type, payload: T.Optional(Payload), expiresIn: T.Optional(expiresIn) },
  { title: 'NewNotification' },
)
export type NewNotification = Static<typeof NewNotification>

const Target = T.Union(
  [
    closed({ devices: T.Array(T.String({ format: 'uuid' }), { minItems: 1, maxItems: 25_000, description: 'ids' }) }),
    closed({ group: text(300, { description: 'every device of this group' }) }),
    closed({
      filter: closed(deviceFilters, {
        description: 'the same as in the device list; an empty filter means the whole fleet',
      }),
    }),
  ],
  { title: 'Target' },
)
export type Target = Static<typeof Target>

export const NewBatch = closed(
  {
    type: Type,
    target: Target,
    payload: T.Optional(Payload),
    expiresIn: T.Optional(expiresIn),
    confirm: T.Optional(T.String({ maxLength: 20, description: 'the type again, for types that cannot be undone' })),
    expect: T.Optional(
      T.Integer({ minimum: 0, maximum: 2 ** 31, description: 'how many devices you expect to reach' }),
    ),
    dryRun: T.Optional(T.Boolean({ description: 'only count the devices it would reach' })),
  },
  { title: 'NewBatch' },
)
export type NewBatch = Static<typeof NewBatch>

const states = T.Object(
  Object.fromEntries(notificationStates.map((state) => [state, T.Optional(T.Integer({ minimum: 0 }))])),
  { description: 'how many notifications are in each state; states without any are absent' },
)

export const Batch = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    self: Self,
    type: Type,
    total: T.Integer({ minimum: 0, description: 'devices' }),
    states,
    createdBy: T.Optional(ActorName),
    createdAt: Time,
  },
  { title: 'Batch' },
)
export type Batch = Static<typeof Batch>

export const DryRun = T.Object(
  { type: Type, total: T.Integer({ minimum: 0 }), dryRun: T.Literal(true) },
  { title: 'DryRun' },
)

export const NotificationQuery = pageQuery({
  device: T.Optional(T.String({ maxLength: 100, description: 'id of a device' })),
  batch: T.Optional(T.String({ maxLength: 100, description: 'id of a batch' })),
  type: T.Optional(Type),
  state: T.Optional(State),
})
export type NotificationQuery = Static<typeof NotificationQuery>

/** A request needs the scope of the type that it sends. */
const anyNotify = notificationTypes.map(scopeOf)
const memberScopes = { type: Object.fromEntries(notificationTypes.map((type) => [type, scopeOf(type)])) }
const tags = ['Notifications']

export const notifyDevice = route({
  method: 'POST',
  url: '/v1/:fleet/device/:id/notification',
  config: { scope: anyNotify, memberScopes },
  schema: {
    operationId: 'notifyDevice',
    summary: 'Send a command to a device',
    description:
      'Needs the scope `notify:<type>`. The notification is durable, is delivered when the device can be reached, and is `succeeded` only after its effect was observed.',
    tags,
    params: FleetAndId,
    body: NewNotification,
    response: answers(Notification),
  },
})

export const notifyDevices = route({
  method: 'POST',
  url: '/v1/:fleet/notification',
  config: { scope: anyNotify, memberScopes },
  schema: {
    operationId: 'notifyDevices',
    summary: 'Send a command to many devices',
    description:
      'Needs the scope `notify:<type>`. `wipe`, `refurbish` and `shutdown` to more than one device need `confirm` equal to the type and `expect` equal to the number of devices; otherwise a 409, and nothing is sent.',
    tags,
    params: Fleet,
    body: NewBatch,
    response: answers(T.Union([Batch, DryRun])),
  },
})

export const listNotifications = route({
  method: 'GET',
  url: '/v1/:fleet/notification',
  config: { scope: 'fleet:read' },
  schema: {
    operationId: 'listNotifications',
    summary: 'List notifications, oldest first',
    tags,
    params: Fleet,
    querystring: NotificationQuery,
    response: pages(Notification),
  },
})

export const getNotification = route({
  method: 'GET',
  url: '/v1/:fleet/notification/:id',
  config: { scope: 'fleet:read' },
  schema: {
    operationId: 'getNotification',
    summary: 'Read a notification',
    tags,
    params: FleetAndId,
    response: answers(Notification),
  },
})

export const cancelNotification = route({
  method: 'DELETE',
  url: '/v1/:fleet/notification/:id',
  config: { scope: anyNotify },
  schema: {
    operationId: 'cancelNotification',
    summary: 'Cancel a notification',
    description:
      'Needs the scope `notify:<type>`. A notification that was sent may still be carried out; a final one is a 409.',
    tags,
    params: FleetAndId,
    response: answers(Notification),
  },
})

export const getBatch = route({
  method: 'GET',
  url: '/v1/:fleet/batch/:id',
  config: { scope: 'fleet:read' },
  schema: {
    operationId: 'getBatch',
    summary: 'Read the progress of a batch',
    tags,
    params: FleetAndId,
    response: answers(Batch),
  },
})

export const cancelBatch = route({
  method: 'DELETE',
  url: '/v1/:fleet/batch/:id',
  config: { scope: anyNotify },
  schema: {
    operationId: 'cancelBatch',
    summary: 'Cancel the rest of a batch',
    description: 'Needs the scope `notify:<type>`.',
    tags,
    params: FleetAndId,
    response: answers(Batch),
  },
})
