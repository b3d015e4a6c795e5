import type { Static } from 'typebox'
import * as T from 'typebox'
import {
  answers,
  closed,
  Fleet,
  FleetAndId,
  pageQuery,
  pages,
  RestrictedTo,
  RestrictTo,
  Self,
  Time,
  text,
} from './common.ts'
import { route } from './route.ts'
import { scopes } from './scopes.ts'

const name = text(100, { description: 'what the key is for', examples: ['nightly report'] })
const RateLimit = closed(
  {
    perSecond: T.Number({ minimum: 0.1, maximum: 1_000_000, description: 'sustained requests per second' }),
    burst: T.Integer({ minimum: 1, maximum: 10_000_000, description: 'requests allowed at once after a pause' }),
  },
  { description: "this key's own limit on each node; overrides the server's default" },
)
const allowedIps = T.Array(text(50, { examples: ['192.0.2.0/24'] }), {
  minItems: 1,
  maxItems: 100,
  description: 'addresses or CIDR ranges that the key works from; anywhere when absent',
})

export const ApiKey = T.Object(
  {
    id: T.String(),
    name,
    prefix: T.String({ description: "the key's first characters, to tell keys apart", examples: ['mason_4fGh'] }),
    scopes: T.Array(T.Enum(scopes)),
    groups: T.Optional(RestrictedTo),
    createdAt: Time,
    expiresAt: T.Optional(Time),
    lastUsedAt: T.Optional(Time),
    allowedIps: T.Optional(allowedIps),
    rateLimit: T.Optional(RateLimit),
    self: Self,
    key: T.Optional(T.String({ description: 'the key itself; only in the answer that creates it' })),
  },
  { title: 'ApiKey' },
)
export type ApiKey = Static<typeof ApiKey>

export const NewApiKey = closed(
  {
    name,
    scopes: T.Array(T.String({ maxLength: 40, description: 'a scope, in any letter case', examples: ['fleet:read'] }), {
      minItems: 1,
      maxItems: 100,
      fault: 'choose at least one scope',
    }),
    groups: T.Optional(RestrictTo),
    expiresAt: T.Optional(Time),
    allowedIps: T.Optional(allowedIps),
    rateLimit: T.Optional(RateLimit),
  },
  { title: 'NewApiKey' },
)
export type NewApiKey = Static<typeof NewApiKey>

const tags = ['API keys']

export const listApiKeys = route({
  method: 'GET',
  url: '/v1/:fleet/apikey',
  config: { scope: 'key:read', reach: 'account' },
  schema: {
    operationId: 'listApiKeys',
    summary: 'List API keys',
    tags,
    params: Fleet,
    querystring: pageQuery({}),
    response: pages(ApiKey),
  },
})

export const getApiKey = route({
  method: 'GET',
  url: '/v1/:fleet/apikey/:id',
  config: { scope: 'key:read', reach: 'account' },
  schema: {
    operationId: 'getApiKey',
    summary: 'Read an API key (never its secret)',
    tags,
    params: FleetAndId,
    response: answers(ApiKey),
  },
})

export const createApiKey = route({
  method: 'POST',
  url: '/v1/:fleet/apikey',
  config: { scope: 'key:admin', reach: 'account' },
  schema: {
    operationId: 'createApiKey',
    summary: 'Create an API key',
    description:
      'Only this answer contains `key`. A key can grant only scopes that it holds. With `groups`, it sees and changes nothing but these groups.',
    tags,
    params: Fleet,
    body: NewApiKey,
    response: answers(ApiKey),
  },
})

export const deleteApiKey = route({
  method: 'DELETE',
  url: '/v1/:fleet/apikey/:id',
  config: { scope: 'key:admin', reach: 'account' },
  schema: {
    operationId: 'deleteApiKey',
    summary: 'Delete an API key',
    description: 'It stops working within a second, on every node.',
    tags,
    params: FleetAndId,
    response: answers(ApiKey),
  },
})
