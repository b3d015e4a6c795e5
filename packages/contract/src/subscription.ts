import type { Static } from 'typebox'
import * as T from 'typebox'
import { answers, Bytes, bare, closed, Fleet, PageQuery, pages, Time } from './common.ts'
import { route } from './route.ts'

export const subscriptionTypes = ['device_data_pool', 'pay_as_you_go'] as const

/** The default pool of an account: bytes per month for each provisioned device. */
export const defaultPerDevice = 500_000_000
/** The default thresholds in percent of the allowance; crossing one is an event. */
export const defaultThresholds: readonly number[] = [50, 80, 100]

const Type = T.Enum(subscriptionTypes, { description: 'what the usage of a month is compared with' })
const Allowance = T.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'bytes per month',
  examples: [250_000_000_000],
})
const Thresholds = T.Array(T.Integer({ minimum: 1, maximum: 1000 }), {
  maxItems: 20,
  description: 'percent of the allowance; crossing one is an event `pool.threshold`, once per month',
  examples: [defaultThresholds],
})

export const Subscription = T.Object(
  {
    accountID: T.String(),
    type: Type,
    typeSpecific: T.Object({
      value: T.Optional(Bytes),
      target: T.Optional(Bytes),
      perDevice: T.Optional(
        T.Integer({ description: 'if it was set: `value` is this times the number of provisioned devices' }),
      ),
    }),
    thresholds: T.Optional(T.Array(T.Integer(), { description: 'if they are not 50, 80 and 100' })),
  },
  { title: 'Subscription' },
)
export type Subscription = Static<typeof Subscription>

export const SubscriptionChange = closed(
  {
    type: Type,
    value: T.Optional(Allowance),
    perDevice: T.Optional(Allowance),
    target: T.Optional(Allowance),
    thresholds: T.Optional(Thresholds),
  },
  { title: 'SubscriptionChange' },
)
export type SubscriptionChange = Static<typeof SubscriptionChange>

export const SubscriptionHistory = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    changedAt: Time,
    actor: T.Object(
      { kind: T.String({ examples: ['key'] }), id: T.Optional(T.String()) },
      { description: 'who changed it' },
    ),
    type: Type,
    value: T.Optional(Bytes),
    perDevice: T.Optional(Bytes),
    target: T.Optional(Bytes),
    thresholds: T.Array(T.Integer()),
  },
  { title: 'SubscriptionHistory' },
)

export const Forecast = T.Object(
  {
    asOf: Time,
    month: T.String({ description: 'the current month, UTC', examples: ['2026-11'] }),
    used: T.Integer({ description: 'bytes in this month so far' }),
    allowance: T.Integer({ description: 'bytes per month: the pool or the target' }),
    projected: T.Object(
      { low: T.Integer(), expected: T.Integer(), high: T.Integer() },
      { description: 'bytes at the end of the month; between low and high with a probability of 80 %' },
    ),
    overage: T.Integer({ description: 'expected bytes beyond the allowance' }),
    runsDryOn: T.Optional(
      T.String({
        description: 'the day on which the allowance will be used up, if that is in this month',
        examples: ['2026-11-26'],
      }),
    ),
    method: T.String({ description: 'how it was computed' }),
  },
  { title: 'Forecast' },
)

const tags = ['Subscription']

export const getSubscription = route({
  method: 'GET',
  url: '/v1/:fleet/subscription',
  config: { scope: 'connect:read', reach: 'account' },
  schema: {
    operationId: 'getSubscription',
    summary: 'Read the subscription',
    description: 'The default is a pool of 500,000,000 bytes per month for each provisioned device.',
    tags,
    params: Fleet,
    response: bare(Subscription),
  },
})

export const changeSubscription = route({
  method: 'POST',
  url: '/v1/:fleet/subscription',
  config: { scope: 'connect:admin', reach: 'account' },
  schema: {
    operationId: 'changeSubscription',
    summary: 'Change the subscription',
    description:
      'A `device_data_pool` accepts `value` (fixed) or `perDevice` (multiplied by the number of provisioned devices), or neither for the default; `pay_as_you_go` accepts `target`.',
    tags,
    params: Fleet,
    body: SubscriptionChange,
    response: answers(Subscription),
  },
})

export const listSubscriptionHistory = route({
  method: 'GET',
  url: '/v1/:fleet/subscription/history',
  config: { scope: 'connect:read', reach: 'account' },
  schema: {
    operationId: 'listSubscriptionHistory',
    summary: 'List the changes of the subscription, oldest first',
    tags,
    params: Fleet,
    querystring: PageQuery,
    response: pages(SubscriptionHistory),
  },
})

export const forecastSubscription = route({
  method: 'GET',
  url: '/v1/:fleet/subscription/forecast',
  config: { scope: 'connect:read', reach: 'account' },
  schema: {
    operationId: 'forecastSubscription',
    summary: 'Forecast the usage of this month',
    tags,
    params: Fleet,
    response: answers(Forecast),
  },
})
