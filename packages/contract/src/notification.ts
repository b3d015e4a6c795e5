import T, { type Static } from 'typebox'
import { ActorName, answers, closed, Fleet, FleetAndId, pageQuery, pages, Self, Time, text } from './common.ts'
import { deviceFilters } from './device.ts'
import { route } from './route.ts'
import type { Scope } from './scopes.ts'

/** The commands that a device can be told. Source: contract §6. */
export const notificationTypes = ['refresh', 'check', 'reboot', 'shutdown', 'wipe', 'application', 'refurbish'] as const
export type NotificationType = (typeof notificationTypes)[number]

/** From left to right; the last four are final. */
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

/** Types that cannot be taken back: sent to more than one device they ask for `confirm` and `expect`. */
export const destructiveTypes: readonly NotificationType[] = ['wipe', 'refurbish', 'shutdown']

/** The scope that sending this type needs. Source: contract §6. */
export const scopeOf = (type: NotificationType): Scope => `notify:${type}`

const Type = T.Enum(notificationTypes, { description: 'what to do' })
const State = T.Enum(notificationStates, {
  description: '`succeeded` means seen to have happened; `expired` that the device never answered in time',
})

/** Whatever the receiver of an `application` notification understands; 64 KiB as JSON. */
const Payload = T.Unknown({ description: 'JSON for the receiver, at most 64 KiB' })
const expiresIn = T.Integer({
  minimum: 0,
  maximum: 31_536_000,
  default: 86_400,
  description: 'seconds until it is given up; 0 = only if the device is online now',
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

/** What a device is told: over MQTT one at a time, in the answer of a check-in as a list. */
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

/** What a device says of a notification, on `devices/{id}/notifications/{nid}`. */
export const Outcome = closed(outcome, { title: 'Outcome' })
export type Outcome = Static<typeof Outcome>

/** The same in a check-in. */
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
      filter: closed(deviceFilters, { description: 'as in the device list; an empty one means the whole fleet' }),
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
    confirm: T.Optional(T.String({ maxLength: 20, description: 'the type again, for what cannot be taken back' })),
    expect: T.Optional(
      T.Integer({ minimum: 0, maximum: 2 ** 31, description: 'how many devices you expect to reach' }),
    ),
    dryRun: T.Optional(T.Boolean({ description: 'only say how many devices it would reach' })),
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

/** Sending needs the scope of the type that is sent. */
const anyNotify = notificationTypes.map(scopeOf)
const memberScopes = { type: Object.fromEntries(notificationTypes.map((type) => [type, scopeOf(type)])) }
const tags = ['Notifications']

export const notifyDevice = route({
  method: 'POST',
  url: '/v1/:fleet/device/:id/notification',
  config: { scope: anyNotify, memberScopes },
  schema: {
    operationId: 'notifyDevice',
    summary: 'Tell a device to do something',
    description:
      'Needs the scope `notify:<type>`. The notification is durable, delivered when the device can be reached, and `succeeded` only once its effect was seen.',
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
    summary: 'Tell many devices to do something',
    description:
      'Needs the scope `notify:<type>`. `wipe`, `refurbish` and `shutdown` to more than one device need `confirm` equal to the type and `expect` equal to the number of devices, else 409 and nothing is sent.',
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
      'Needs the scope `notify:<type>`. One that was sent may still be carried out; one that is final is a 409.',
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
    summary: 'Read how a batch stands',
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
    summary: 'Cancel what is left of a batch',
    description: 'Needs the scope `notify:<type>`.',
    tags,
    params: FleetAndId,
    response: answers(Batch),
  },
})
