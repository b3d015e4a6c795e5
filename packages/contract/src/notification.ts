import type { Static } from 'typebox'
import * as T from 'typebox'
import { ActorName, answers, closed, Fleet, FleetAndId, pageQuery, pages, Self, Time, text } from './common.ts'
import { route } from './route.ts'
import type { Scope } from './scopes.ts'
import { expected, Target } from './target.ts'
import { Window } from './window.ts'

/** The types of commands that a device can be sent. Source: docs/contract.md §6. */
export const notificationTypes = ['refresh', 'check', 'reboot', 'shutdown', 'wipe', 'application', 'refurbish'] as const
export type NotificationType = (typeof notificationTypes)[number]

/** The states that a notification keeps. */
export const finalStates = ['succeeded', 'failed', 'expired', 'canceled', 'unsupported'] as const
/** The states of a notification, in order; the last five are final. Source: docs/contract.md §6. */
export const notificationStates = ['queued', 'sent', 'acknowledged', ...finalStates] as const
export type NotificationState = (typeof notificationStates)[number]

/** Types that cannot be undone: for more than one device they need `confirm` and `expect`. */
export const destructiveTypes: readonly NotificationType[] = ['wipe', 'refurbish', 'shutdown']

/** The scope that sending a type of notification needs. Source: docs/contract.md §6. */
export const scopeOf = (type: NotificationType): Scope => `notify:${type}`

const Type = T.Enum(notificationTypes, { description: 'what to do' })
const State = T.Enum(notificationStates, {
  description:
    '`succeeded` means that the effect was observed; `expired` that the device did not answer in time; `unsupported` that devices of its kind cannot do it',
})

/** The payload of an `application` notification, in any form that its receiver understands; at most 64 KiB as JSON. */
const Payload = T.Unknown({ description: 'JSON for the receiver, at most 64 KiB' })
const expiresIn = T.Integer({
  minimum: 0,
  maximum: 31_536_000,
  examples: [86_400],
  description:
    'seconds until it expires, counted from `notBefore`; 0 = only if the device is online now. Default: 86400, or 691200 (8 days) with a window',
})

const notBefore = T.String({
  format: 'date-time',
  description: 'it is not sent before this time, at most 366 days ahead',
  examples: ['2026-11-02T22:00:00Z'],
})
/** When a command may be carried out. */
const timing = { notBefore: T.Optional(notBefore), window: T.Optional(Window) }
/** The same, as answers contain it. */
const shownTiming = { notBefore: T.Optional(Time), window: T.Optional(Window) }

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
    ...shownTiming,
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
    window: T.Optional(Window),
  },
  { title: 'Command', description: 'with a `window`, it is carried out only inside it' },
)
export type Command = Static<typeof Command>

/** What became of a command; `held` says that the device has it and waits for its window. */
export const outcomeStates = ['acknowledged', 'failed', 'held'] as const

const outcome = {
  state: T.Enum(outcomeStates),
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

/** Commands that were canceled while a device held them, as it is told over MQTT on the topic of its commands. */
export const Withdrawal = T.Object({ withdrawn: T.Array(T.String({ format: 'uuid' })) }, { title: 'Withdrawal' })
export type Withdrawal = Static<typeof Withdrawal>

export const NewNotification = closed(
  { type: Type, payload: T.Optional(Payload), expiresIn: T.Optional(expiresIn), ...timing },
  { title: 'NewNotification' },
)
export type NewNotification = Static<typeof NewNotification>

export const NewBatch = closed(
  {
    type: Type,
    target: Target,
    payload: T.Optional(Payload),
    expiresIn: T.Optional(expiresIn),
    ...timing,
    confirm: T.Optional(T.String({ maxLength: 20, description: 'the type again, for types that cannot be undone' })),
    expect: expected('devices'),
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
    ...shownTiming,
  },
  { title: 'Batch' },
)
export type Batch = Static<typeof Batch>

export const DryRun = T.Object(
  {
    type: Type,
    total: T.Integer({ minimum: 0 }),
    unsupported: T.Optional(
      T.Integer({ minimum: 1, description: 'how many of these are of a kind that cannot do it' }),
    ),
    dryRun: T.Literal(true),
  },
  { title: 'DryRun' },
)
export type DryRun = Static<typeof DryRun>

export const NotificationQuery = pageQuery({
  device: T.Optional(T.String({ maxLength: 100, description: 'id of a device' })),
  batch: T.Optional(T.String({ maxLength: 100, description: 'id of a batch' })),
  single: T.Optional(T.Boolean({ description: 'only those of no batch', examples: [true] })),
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
  config: { scope: anyNotify, reach: 'groups', memberScopes },
  schema: {
    operationId: 'notifyDevice',
    summary: 'Send a command to a device',
    description:
      'Needs the scope `notify:<type>`. The notification is durable, is delivered when the device can be reached, and is `succeeded` only after its effect was observed. A command that devices of its kind cannot carry out is a 409.',
    tags,
    params: FleetAndId,
    body: NewNotification,
    response: answers(Notification),
  },
})

export const notifyDevices = route({
  method: 'POST',
  url: '/v1/:fleet/notification',
  config: { scope: anyNotify, reach: 'groups', memberScopes },
  schema: {
    operationId: 'notifyDevices',
    summary: 'Send a command to many devices',
    description:
      'Needs the scope `notify:<type>`. `wipe`, `refurbish` and `shutdown` to more than one device need `confirm` equal to the type and `expect` equal to the number of devices; otherwise a 409, and nothing is sent. Devices of a kind that cannot do it are counted as `unsupported`.',
    tags,
    params: Fleet,
    body: NewBatch,
    response: answers(T.Union([Batch, DryRun])),
  },
})

export const listNotifications = route({
  method: 'GET',
  url: '/v1/:fleet/notification',
  config: { scope: 'fleet:read', reach: 'groups' },
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
  config: { scope: 'fleet:read', reach: 'groups' },
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
  config: { scope: anyNotify, reach: 'groups' },
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

export const listBatches = route({
  method: 'GET',
  url: '/v1/:fleet/batch',
  config: { scope: 'fleet:read', reach: 'account' },
  schema: {
    operationId: 'listBatches',
    summary: 'List batches, oldest first',
    tags,
    params: Fleet,
    querystring: pageQuery({}),
    response: pages(Batch),
  },
})

export const getBatch = route({
  method: 'GET',
  url: '/v1/:fleet/batch/:id',
  config: { scope: 'fleet:read', reach: 'groups' },
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
  config: { scope: anyNotify, reach: 'groups' },
  schema: {
    operationId: 'cancelBatch',
    summary: 'Cancel the rest of a batch',
    description: 'Needs the scope `notify:<type>`.',
    tags,
    params: FleetAndId,
    response: answers(Batch),
  },
})
