import type { Static } from 'typebox'
import * as T from 'typebox'
import { carrierAbilities, carrierTypeNames } from './carrier-type.ts'
import { answers, closed, Fleet, pageQuery, pages, Self, Time } from './common.ts'
import { route } from './route.ts'

/** The connections that every account has, and cannot change. */
export const builtInCarriers = ['manual', 'simulated'] as const

const nameForm = /^[a-z0-9][a-z0-9._-]{0,62}$/
/** The name of a connection, which SIMs refer to. */
export const CarrierName = T.String({
  pattern: nameForm.source,
  fault: 'must have 1 to 63 lower-case letters, digits, dots, hyphens or underscores, and begin with a letter or digit',
  description: 'name of the connection',
  examples: ['1nce-europe'],
})

const Options = closed(
  {
    baseUrl: T.Optional(
      T.String({
        maxLength: 500,
        description: 'another address of its API, as of a region',
        examples: ['https://api.1nce.com/management-api'],
      }),
    ),
    importSims: T.Optional(
      T.Boolean({
        description:
          'whether SIMs of the carrier that are not registered are; SIMs of the connection `manual` become its own',
        examples: [true],
      }),
    ),
    syncMinutes: T.Optional(
      T.Integer({ minimum: 5, maximum: 1440, description: 'how often it is synced; 60 when absent', examples: [60] }),
    ),
    requestsPerSecond: T.Optional(
      T.Number({
        minimum: 0.1,
        maximum: 1000,
        description: "requests a second, where the account's limit is not the one that the carrier publishes",
        examples: [10],
      }),
    ),
  },
  { title: 'CarrierOptions' },
)
export type CarrierOptions = Static<typeof Options>

const Credentials = T.Unsafe<Record<string, string>>({
  type: 'object',
  maxProperties: 10,
  additionalProperties: T.String({ minLength: 1, maxLength: 4_000 }),
  description:
    'by the type: `1nce` takes `username` and `password`, `telnyx` `apiKey`, `emnify` `applicationToken`, `soracom` `authKeyId` and `authKey`; `manual` and `simulated` take none',
})

const count = (description: string) => T.Integer({ minimum: 0, description })

export const CarrierConnection = T.Object(
  {
    name: T.String({ examples: ['1nce-europe'] }),
    self: Self,
    id: T.String(),
    type: T.Enum(carrierTypeNames),
    options: T.Object(Options.properties),
    abilities: T.Record(T.Enum([...carrierAbilities]), T.Boolean(), { description: 'what it can do with SIMs' }),
    limitations: T.Record(T.String(), T.String(), { description: 'of what it cannot do, why' }),
    state: T.Enum(['ok', 'error']),
    lastError: T.Optional(T.String({ description: 'what is wrong, or was at the last attempt' })),
    failingSince: T.Optional(Time),
    lastSyncAt: T.Optional({ ...Time, description: 'when it was last synced to the end' }),
    nextSyncAt: T.Optional(Time),
    syncing: T.Boolean({ description: 'whether it is being synced' }),
    counts: T.Object(
      {
        sims: count('SIMs that the carrier listed at the last sync'),
        imported: count('of these, those that it registered'),
        unknown: count('of these, those that are not registered here'),
        corrected: count('SIMs whose state was not what the carrier says, and was corrected'),
        missing: count('SIMs of this connection that the carrier did not list'),
      },
      { description: 'of the last sync that ended' },
    ),
    pushUrl: T.Optional(
      T.String({ description: 'where the carrier pushes usage to; only for connect:admin, for it is a secret' }),
    ),
    createdAt: Time,
  },
  { title: 'CarrierConnection' },
)
export type CarrierConnection = Static<typeof CarrierConnection>

export const NewCarrierConnection = closed(
  {
    type: T.Enum(carrierTypeNames),
    name: CarrierName,
    credentials: T.Optional(Credentials),
    options: T.Optional(Options),
  },
  { title: 'NewCarrierConnection' },
)
export type NewCarrierConnection = Static<typeof NewCarrierConnection>

export const CarrierConnectionChange = closed(
  {
    credentials: T.Optional(Credentials),
    options: T.Optional(Options),
  },
  { title: 'CarrierConnectionChange', minProperties: 1 },
)
export type CarrierConnectionChange = Static<typeof CarrierConnectionChange>

export const CarrierTest = T.Object(
  {
    ok: T.Boolean(),
    error: T.Optional(T.String({ description: 'what is wrong' })),
    latencyMs: T.Integer({ minimum: 0 }),
  },
  { title: 'CarrierTest' },
)
export type CarrierTest = Static<typeof CarrierTest>

const tags = ['Carriers']
const Params = T.Object({
  ...Fleet.properties,
  name: T.String({ maxLength: 100, description: 'the name', examples: ['1nce-europe'] }),
})

export const listCarriers = route({
  method: 'GET',
  url: '/v1/:fleet/carrier',
  config: { scope: 'connect:read', reach: 'account' },
  schema: {
    operationId: 'listCarriers',
    summary: 'List connections to carriers',
    description: 'Every account has `manual`, which calls nobody, and `simulated`.',
    tags,
    params: Fleet,
    querystring: pageQuery({}),
    response: pages(CarrierConnection),
  },
})

export const createCarrier = route({
  method: 'POST',
  url: '/v1/:fleet/carrier',
  config: { scope: 'connect:admin', reach: 'account' },
  schema: {
    operationId: 'createCarrier',
    summary: 'Connect an account with a carrier',
    description:
      'The credentials are tried once, and kept encrypted; no answer contains them. The first sync begins at once.',
    tags,
    params: Fleet,
    body: NewCarrierConnection,
    response: answers(CarrierConnection),
  },
})

export const getCarrier = route({
  method: 'GET',
  url: '/v1/:fleet/carrier/:name',
  config: { scope: 'connect:read', reach: 'account' },
  schema: {
    operationId: 'getCarrier',
    summary: 'Read a connection to a carrier',
    tags,
    params: Params,
    response: answers(CarrierConnection),
  },
})

export const updateCarrier = route({
  method: 'POST',
  url: '/v1/:fleet/carrier/:name',
  config: { scope: 'connect:admin', reach: 'account' },
  schema: {
    operationId: 'updateCarrier',
    summary: 'Change a connection to a carrier',
    description:
      'New credentials are tried once. Each member of `options` that is given is replaced. Another `baseUrl` needs the credentials again.',
    tags,
    params: Params,
    body: CarrierConnectionChange,
    response: answers(CarrierConnection),
  },
})

export const deleteCarrier = route({
  method: 'DELETE',
  url: '/v1/:fleet/carrier/:name',
  config: { scope: 'connect:admin', reach: 'account' },
  schema: {
    operationId: 'deleteCarrier',
    summary: 'Delete a connection to a carrier',
    description: 'Only one that no SIM refers to. Its usage stays.',
    tags,
    params: Params,
    response: answers(CarrierConnection),
  },
})

export const syncCarrier = route({
  method: 'POST',
  url: '/v1/:fleet/carrier/:name/sync',
  config: { scope: 'connect:admin', reach: 'account' },
  schema: {
    operationId: 'syncCarrier',
    summary: 'Sync with a carrier now',
    description:
      'Whatever went wrong before. Lists its SIMs, corrects states that were changed elsewhere, and pulls usage; `lastSyncAt` is set at the end.',
    tags,
    params: Params,
    response: answers(CarrierConnection),
  },
})

export const testCarrier = route({
  method: 'POST',
  url: '/v1/:fleet/carrier/:name/test',
  config: { scope: 'connect:admin', reach: 'account', audit: false },
  schema: {
    operationId: 'testCarrier',
    summary: 'Try the credentials of a connection',
    tags,
    params: Params,
    response: answers(CarrierTest),
  },
})
