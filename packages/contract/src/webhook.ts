import type { Static } from 'typebox'
import * as T from 'typebox'
import { answers, closed, Fleet, FleetAndId, filterExpression, pageQuery, pages, Self, Time, text } from './common.ts'
import { route } from './route.ts'

const url = text(2_000, {
  description: 'where events are posted to: https, and http only where the server allows it',
  examples: ['https://hooks.example/mason'],
})
const types = T.Array(
  T.String({
    pattern: '^(\\*|[a-z]{1,40}\\.(\\*|[a-z_]{1,40}))$',
    fault: 'must be a type of event, such as device.moved, the start of some, such as device.*, or *',
    examples: ['device.*', 'deployment.paused'],
  }),
  { minItems: 1, maxItems: 100, description: 'what is delivered', examples: [['device.*', 'deployment.paused']] },
)
const filter = filterExpression('group==tills')
const description = T.String({ maxLength: 300, description: 'what it is for', examples: ['Tickets of the help desk'] })
const enabled = T.Boolean({ description: 'whether events are delivered' })

export const Webhook = T.Object(
  {
    id: T.String(),
    self: Self,
    url,
    types,
    filter: T.Optional(filter),
    description: T.Optional(description),
    enabled,
    disabledReason: T.Optional(T.String({ description: 'why the platform disabled it' })),
    failingSince: T.Optional(Time),
    previousSecretUntil: T.Optional({
      ...Time,
      description: 'until then, deliveries bear the signature of the secret before, too',
    }),
    createdAt: Time,
    secret: T.Optional(
      T.String({
        description: 'the secret that deliveries are signed with; only in the answers that create it',
        examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
      }),
    ),
  },
  { title: 'Webhook' },
)
export type Webhook = Static<typeof Webhook>

export const NewWebhook = closed(
  {
    url,
    types,
    filter: T.Optional(filter),
    description: T.Optional(description),
    enabled: T.Optional(T.Boolean({ default: true, description: 'whether events are delivered' })),
  },
  { title: 'NewWebhook' },
)
export type NewWebhook = Static<typeof NewWebhook>

export const WebhookChange = closed(
  {
    url: T.Optional(url),
    types: T.Optional(types),
    filter: T.Optional(T.Union([filter, T.Null()], { description: '`null` removes it' })),
    description: T.Optional(description),
    enabled: T.Optional(enabled),
  },
  { title: 'WebhookChange' },
)
export type WebhookChange = Static<typeof WebhookChange>

const Attempt = T.Object({
  at: Time,
  status: T.Optional(T.Integer({ description: 'of the answer, if there was one', examples: [200] })),
  error: T.Optional(T.String({ description: 'why there was no answer, or why it is no success' })),
  latencyMs: T.Integer({ description: 'from the beginning of the attempt to the answer' }),
  answer: T.String({ description: 'the first KiB of the body of the answer' }),
})

/** The states of a delivery. Source: docs/contract.md §11. */
export const deliveryStates = ['waiting', 'succeeded', 'failed'] as const
const State = T.Enum(deliveryStates, { description: '`failed` has no attempts left; it can be replayed' })

export const WebhookDelivery = T.Object(
  {
    id: T.String(),
    self: Self,
    state: State,
    event: T.Object({ id: T.String(), type: T.String({ examples: ['device.moved'] }) }),
    attempts: T.Array(Attempt, { description: 'the last 50, oldest first' }),
    createdAt: Time,
    nextAttemptAt: T.Optional(Time),
  },
  { title: 'WebhookDelivery' },
)
export type WebhookDelivery = Static<typeof WebhookDelivery>

export const DeliveryQuery = pageQuery({ state: T.Optional(State) })
export type DeliveryQuery = Static<typeof DeliveryQuery>

/** Which events are delivered once more. */
export const Replay = closed(
  {
    since: Time,
    until: T.Optional(Time),
    types: T.Optional(types),
    failed: T.Optional(
      T.Boolean({
        description: 'only those that were not delivered: their delivery has failed, or is tried again later',
      }),
    ),
  },
  { title: 'WebhookReplay' },
)
export type Replay = Static<typeof Replay>

const tags = ['Webhooks']

export const listWebhooks = route({
  method: 'GET',
  url: '/v1/:fleet/webhook',
  config: { scope: 'hook:read', reach: 'account' },
  schema: {
    operationId: 'listWebhooks',
    summary: 'List webhooks',
    tags,
    params: Fleet,
    querystring: pageQuery({}),
    response: pages(Webhook),
  },
})

export const createWebhook = route({
  method: 'POST',
  url: '/v1/:fleet/webhook',
  config: { scope: 'hook:admin', reach: 'account' },
  schema: {
    operationId: 'createWebhook',
    summary: 'Create a webhook',
    description:
      'Events from now on are posted to `url`, signed as Standard Webhooks 1.0 says. With `filter`, only those that concern a device that matches, or that are about such a SIM. Only this answer contains `secret`. An account has at most 1,000.',
    tags,
    params: Fleet,
    body: NewWebhook,
    response: answers(Webhook),
  },
})

export const getWebhook = route({
  method: 'GET',
  url: '/v1/:fleet/webhook/:id',
  config: { scope: 'hook:read', reach: 'account' },
  schema: {
    operationId: 'getWebhook',
    summary: 'Read a webhook',
    tags,
    params: FleetAndId,
    response: answers(Webhook),
  },
})

export const updateWebhook = route({
  method: 'POST',
  url: '/v1/:fleet/webhook/:id',
  config: { scope: 'hook:admin', reach: 'account' },
  schema: {
    operationId: 'updateWebhook',
    summary: 'Change a webhook',
    description:
      'Events that happen while it is disabled are not delivered later; a replay delivers them. What was still to be delivered goes on once it is enabled.',
    tags,
    params: FleetAndId,
    body: WebhookChange,
    response: answers(Webhook),
  },
})

export const deleteWebhook = route({
  method: 'DELETE',
  url: '/v1/:fleet/webhook/:id',
  config: { scope: 'hook:admin', reach: 'account' },
  schema: {
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook and its deliveries',
    tags,
    params: FleetAndId,
    response: answers(Webhook),
  },
})

export const rotateWebhook = route({
  method: 'POST',
  url: '/v1/:fleet/webhook/:id/rotate',
  config: { scope: 'hook:admin', reach: 'account' },
  schema: {
    operationId: 'rotateWebhook',
    summary: 'Give a webhook a new secret',
    description: 'For 24 hours, deliveries bear the signatures of the new secret and of the one before.',
    tags,
    params: FleetAndId,
    response: answers(Webhook),
  },
})

export const testWebhook = route({
  method: 'POST',
  url: '/v1/:fleet/webhook/:id/test',
  config: { scope: 'hook:admin', reach: 'account' },
  schema: {
    operationId: 'testWebhook',
    summary: 'Deliver a test event',
    description:
      'The event `webhook.test` is delivered at once, whatever the types of the webhook. Read the delivery to see the outcome.',
    tags,
    params: FleetAndId,
    response: answers(WebhookDelivery),
  },
})

export const replayWebhook = route({
  method: 'POST',
  url: '/v1/:fleet/webhook/:id/replay',
  config: { scope: 'hook:admin', reach: 'account' },
  schema: {
    operationId: 'replayWebhook',
    summary: 'Deliver the events of a time once more',
    description:
      'Also those that were never delivered, as while it was disabled; in portions, in the background. `types` are those of the webhook when absent.',
    tags,
    params: FleetAndId,
    body: Replay,
    response: answers(Replay),
  },
})

export const listWebhookDeliveries = route({
  method: 'GET',
  url: '/v1/:fleet/webhook/:id/delivery',
  config: { scope: 'hook:read', reach: 'account' },
  schema: {
    operationId: 'listWebhookDeliveries',
    summary: 'List the deliveries of a webhook, in the order of their events',
    description: 'They are kept for as long as their events.',
    tags,
    params: FleetAndId,
    querystring: DeliveryQuery,
    response: pages(WebhookDelivery),
  },
})

export const getWebhookDelivery = route({
  method: 'GET',
  url: '/v1/:fleet/webhook/delivery/:id',
  config: { scope: 'hook:read', reach: 'account' },
  schema: {
    operationId: 'getWebhookDelivery',
    summary: 'Read a delivery',
    tags,
    params: FleetAndId,
    response: answers(WebhookDelivery),
  },
})

export const replayWebhookDelivery = route({
  method: 'POST',
  url: '/v1/:fleet/webhook/delivery/:id/replay',
  config: { scope: 'hook:admin', reach: 'account' },
  schema: {
    operationId: 'replayWebhookDelivery',
    summary: 'Deliver an event once more',
    description: 'At once, with all attempts anew. Its `webhook-id` stays the same.',
    tags,
    params: FleetAndId,
    response: answers(WebhookDelivery),
  },
})
