import T, { type Static, type TSchema, type TString } from 'typebox'

/** An instant: RFC 3339 UTC with milliseconds and `Z` out; any RFC 3339 offset in. */
export const Time = T.String({
  format: 'date-time',
  description: 'RFC 3339, UTC with milliseconds in answers; any offset in requests',
  examples: ['2026-11-02T09:30:00.000Z'],
})

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

/** Text that is compared and searched: it is kept in Unicode's composed form, however it was typed. */
const composed = { 'x-normalization': 'NFC' }

/** Free text that people read, with the API's limit on it. */
export const text = (maxLength: number, options: TextOptions = {}): TString =>
  T.String({ minLength: 1, maxLength, ...composed, ...options })

/** Text by which a list is filtered; nothing is found by the empty one. */
export const filterText = (maxLength: number, options: TextOptions = {}): TString =>
  T.String({ maxLength, ...composed, ...options })

/** A closed object: an unknown member is an error that names it. */
export const closed = <const P extends Record<string, TSchema>>(properties: P, options: Record<string, unknown> = {}) =>
  T.Object(properties, { additionalProperties: false, ...options })

/** A reference to another resource. */
/** Who did something, as trails show it. A key or user keeps its name there when it has gone. */
export const ActorName = T.Object({
  kind: T.String({ examples: ['key', 'user', 'device', 'system'] }),
  id: T.Optional(T.String()),
  name: T.Optional(T.String({ description: 'of a key or a user, also one that has gone' })),
})

export const Self = T.String({ description: 'path of this resource on this server' })

/** The path parameter of every fleet route; every account has the fleet `default`. */
export const Fleet = T.Object({
  fleet: T.String({ description: 'the fleet; every account has `default`', examples: ['default'] }),
})

/** Path parameters of a route that names one thing by its id. */
export const FleetAndId = T.Object({
  fleet: T.String({ description: 'the fleet; every account has `default`', examples: ['default'] }),
  id: T.String({ description: 'the id', examples: ['0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'] }),
})

const pageKeys = {
  limit: T.Optional(T.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'how many items at most' })),
  before: T.Optional(text(300, { description: 'page key: the items just before it' })),
  after: T.Optional(text(300, { description: 'page key: the items just after it' })),
}

/** The query of a paged list, with the list's own filters beside the page keys. */
export const pageQuery = <const P extends Record<string, TSchema>>(filters: P) => T.Object({ ...pageKeys, ...filters })

/** The query of a paged list without filters. */
export const PageQuery = pageQuery({})
export type PageQuery = Static<typeof PageQuery>

/** One fault: which member or parameter, and what is wrong with it. */
export const FieldError = T.Object({
  path: T.String({ description: 'JSON pointer to the member, or the name of the parameter', examples: ['/name'] }),
  message: T.String(),
})

/** The body of every answer that is not a success. */
export const ErrorBody = T.Object(
  {
    type: T.String({ description: 'the kind of error', examples: ['invalid_request_error'] }),
    message: T.String({
      description: 'what is wrong, for a person',
      examples: ['limit must be an integer from 1 to 1000'],
    }),
    requestId: T.String({ description: 'equals the X-Request-Id header' }),
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

/** The envelope of one resource or of an action's outcome: an array of one. */
export const answers = <S extends TSchema>(item: S) => ({
  200: T.Object({ data: T.Array(item) }),
  default: ErrorBody,
})

/** The envelope of a page. */
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

/** An answer that is the bare object. */
export const bare = <S extends TSchema>(body: S) => ({ 200: body, default: ErrorBody })
