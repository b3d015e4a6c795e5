import type { Static, TSchema, TString } from 'typebox'
import * as T from 'typebox'

/** An instant: RFC 3339, in UTC with milliseconds and `Z` in answers, with any offset in requests. */
export const Time = T.String({
  format: 'date-time',
  description: 'RFC 3339, UTC with milliseconds in answers; any offset in requests',
  examples: ['2026-11-02T09:30:00.000Z'],
})

/** A day, which means its midnight in UTC, or an instant. */
export const dayOrTime = (description: string, example: string) =>
  T.String({ format: 'day-or-time', maxLength: 100, description, examples: [example] })

/** A count of bytes, exact to 2^53. */
export const Bytes = T.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'bytes',
  examples: [94866194],
})

interface TextOptions {
  minLength?: number
  description?: string
  examples?: string[]
}

/** Text that is compared and searched is stored in Unicode's composed form, however it was typed. */
const composed = { 'x-normalization': 'NFC' }

/** A non-empty text of at most `maxLength` characters, normalized to NFC. */
export const text = (maxLength: number, options: TextOptions = {}): TString =>
  T.String({ minLength: 1, maxLength, ...composed, ...options })

/** A text by which a list is filtered, at most `maxLength` characters; an empty text matches nothing. */
export const filterText = (maxLength: number, options: TextOptions = {}): TString =>
  T.String({ maxLength, ...composed, ...options })

/** A filter in the filter language. Source: docs/contract.md §13. */
export const filterExpression = (example: string): TString =>
  text(4_000, { description: 'a filter in RSQL', examples: [example] })

/** An object schema without other members: an unknown member is an error that names it. */
export const closed = <const P extends Record<string, TSchema>>(properties: P, options: Record<string, unknown> = {}) =>
  T.Object(properties, { additionalProperties: false, ...options })

/** Who did something, as events and histories show it; the name of a deleted key or user is kept. */
export const ActorName = T.Object({
  kind: T.String({ examples: ['key', 'user', 'device', 'carrier', 'system'] }),
  id: T.Optional(T.String()),
  name: T.Optional(T.String({ description: 'name of a key or a user, even after it was deleted' })),
})

/** The most groups that a key or user can be restricted to: its lists are read group by group. */
const maxGroups = 100

const groupsFault = `choose 1 to ${maxGroups} groups, or leave them out for the whole account`

/** The groups that a key or user is to be restricted to; it sees and changes nothing else. Source: docs/contract.md §13. */
export const RestrictTo = T.Array(text(100, { examples: ['unassigned'] }), {
  minItems: 1,
  maxItems: maxGroups,
  fault: groupsFault,
  description: 'restricted to these groups: their devices and what hangs on them; the whole account when absent',
})

/** The same of somebody whose restriction may be lifted. */
export const RestrictToOrNot = T.Union([RestrictTo, T.Null()], {
  fault: groupsFault,
  description: 'restricted to these groups from now on; `null` lifts the restriction',
})

/** The groups that a key or user is restricted to. */
export const RestrictedTo = T.Array(T.String(), {
  description: 'restricted to these groups, and to nothing where none is left; the whole account when absent',
  examples: [['kiosks']],
})

/** The path of a resource. */
export const Self = T.String({ description: 'path of this resource on this server' })

/** The path parameter of every fleet route; every account has the fleet `default`. */
export const Fleet = T.Object({
  fleet: T.String({ description: 'the fleet; every account has `default`', examples: ['default'] }),
})

/** The path parameters of a route for one resource, identified by its id. */
export const FleetAndId = T.Object({
  fleet: T.String({ description: 'the fleet; every account has `default`', examples: ['default'] }),
  id: T.String({ description: 'the id', examples: ['0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'] }),
})

/** A page key of a sorted list holds a name. */
const maxPageKey = 4_000

const pageKeys = {
  limit: T.Optional(T.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'maximum number of items' })),
  before: T.Optional(text(maxPageKey, { description: 'page key: items directly before it' })),
  after: T.Optional(text(maxPageKey, { description: 'page key: items directly after it' })),
}

/** The query schema of a paged list: the page keys and the list's own filters. */
export const pageQuery = <const P extends Record<string, TSchema>>(filters: P) => T.Object({ ...pageKeys, ...filters })

/** The query schema of what a list may be sorted by; `-` in front turns the order round. */
export const sortedBy = <const F extends string>(fields: readonly F[]) =>
  T.Enum([...fields, ...fields.map((field) => `-${field}` as const)], {
    description: 'the order; with `-` in front the other way round. What has no value comes last in both',
  })

/** The query of a paged list without filters. */
export const PageQuery = pageQuery({})
export type PageQuery = Static<typeof PageQuery>

/** The query of a removal that may also erase. Source: docs/contract.md §11. */
export const ErasureQuery = T.Object({
  erase: T.Optional(T.Boolean({ description: 'erase all that is kept of it, for which account:owner is needed' })),
})

/** The response schemas of a route that answers lines of NDJSON. */
export const lines = { 200: T.String({ description: 'NDJSON: `{"kind", "data"}` on each line' }) }

/** One fault: the member or parameter, and what is wrong with it. */
export const FieldError = T.Object({
  path: T.String({ description: 'JSON pointer to the member, or the name of the parameter', examples: ['/name'] }),
  message: T.String(),
})

/** The body of every answer that is not a success. */
export const ErrorBody = T.Object(
  {
    type: T.String({ description: 'the kind of error', examples: ['invalid_request_error'] }),
    message: T.String({
      description: 'what is wrong, for the user',
      examples: ['limit must be an integer from 1 to 1000'],
    }),
    requestId: T.String({ description: 'the same as the X-Request-Id header' }),
    error: T.Optional(
      T.String({
        description: 'under /oauth: the error code of RFC 6749; under /api: the type again',
        examples: ['invalid_client'],
      }),
    ),
    error_description: T.Optional(T.String({ description: 'under /oauth: the message again' })),
    details: T.Optional(T.String({ description: 'under /api and of /oauth/ro: the message again' })),
    itemized: T.Optional(
      T.Array(T.Object({ code: T.String(), message: T.String() }), { description: 'under /api: the faults by code' }),
    ),
    errors: T.Optional(T.Array(FieldError, { description: 'every fault of a request that failed validation' })),
  },
  { title: 'Error' },
)
export type ErrorBody = Static<typeof ErrorBody>

/** The response schemas of a route that answers one resource or the result of an action: an array of one. Source: docs/contract.md §1. */
export const answers = <S extends TSchema>(item: S) => ({
  200: T.Object({ data: T.Array(item) }),
  default: ErrorBody,
})

/** The response schemas of a route that answers a page of resources. Source: docs/contract.md §1. */
export const pages = <S extends TSchema>(item: S) => ({
  200: T.Object({
    data: T.Array(item),
    nextPage: T.Optional(T.String({ description: 'pass as `after`; absent on the last page' })),
    prevPage: T.Optional(T.String({ description: 'pass as `before`; absent on the first page' })),
    next: T.Optional(T.String({ description: 'the same as nextPage' })),
    prev: T.Optional(T.String({ description: 'the same as prevPage' })),
  }),
  default: ErrorBody,
})

/** The response schemas of a route that answers a body without an envelope. */
export const bare = <S extends TSchema>(body: S) => ({ 200: body, default: ErrorBody })
