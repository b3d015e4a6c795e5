import type { TSchema } from 'typebox'
import type { Scope } from './scopes.ts'

/**
 * Who may call a route: a scope of docs/contract.md §2, any of several scopes (the handler then requires the one that the request
 * needs), `any` (every key and user, whatever its scopes), `session` (a user with a session cookie), `signing-in` (the same,
 * or a session that waits for its second step), `device` (a device's own credential, §6), or `public` (no credential).
 */
export type Access = Scope | readonly Scope[] | 'any' | 'session' | 'signing-in' | 'device' | 'public'

/**
 * What a key or user that is restricted to groups (docs/contract.md §13) meets at a route: `account`, a refusal (403), for it is
 * about the whole account; `groups`, only what hangs on its groups, and of everything else not even that it is there; `open`, the
 * same as anybody, for it is about nothing that hangs on groups.
 */
export type Reach = 'account' | 'groups' | 'open'

/** Access by other than a key or user, or to nothing but oneself: nobody who calls by it is restricted. */
type Unrestricted = 'session' | 'signing-in' | 'device' | 'public'

/** Who may call, and what of an account they reach by it. */
type Admission =
  | { readonly scope: Exclude<Access, Unrestricted>; readonly reach: Reach }
  | { readonly scope: Unrestricted; readonly reach?: never }

/** A route of the API as data, in the form of Fastify's route options; server, client and OpenAPI read the same object. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path with `:name` parameters, from the origin. */
  readonly url: string
  readonly config: Admission & {
    /** The scope that a member of the body, or each of its values, needs; a refusal names the missing scope. */
    readonly memberScopes?: Readonly<Record<string, Scope | Readonly<Record<string, Scope>>>>
    /** A device's own credential is accepted as well. */
    readonly orDevice?: true
    /** A one-time ticket in the query stands for whoever asked for it. Source: docs/contract.md §10. */
    readonly orTicket?: true
    /** The body is processed as it arrives, as rows or bytes, and has no schema. */
    readonly isStreamed?: true
    /** The handler reads the body member by member: an invalid member does not make it refuse the others. */
    readonly isLenient?: true
    /** The body may be form-encoded or JSON, and unknown members are ignored (docs/contract.md §1). */
    readonly form?: true
    /** Whether it leaves an entry in the audit trail; by default whatever is no GET and no device's does. Source: docs/contract.md §11. */
    readonly audit?: boolean
  }
  readonly schema: {
    readonly operationId: string
    readonly summary: string
    readonly description?: string
    readonly tags: readonly string[]
    readonly params?: TSchema
    readonly querystring?: TSchema
    readonly body?: TSchema
    readonly response: Readonly<Record<number | string, TSchema>>
  }
}

/** The scopes that a body needs because of its members. Source: docs/contract.md §2. */
export function scopesFor({ memberScopes = {} }: Pick<Route['config'], 'memberScopes'>, body: unknown): Scope[] {
  if (typeof body !== 'object' || body === null) return []
  const members = new Map<string, unknown>(Object.entries(body))
  return Object.entries(memberScopes).flatMap(([name, needed]) => {
    const value = members.get(name)
    if (value === undefined) return []
    if (typeof needed === 'string') return [needed]
    return Object.entries(needed).flatMap(([word, scope]) => (word === value ? [scope] : []))
  })
}

/** Whether a success of the route leaves an entry in the audit trail. Source: docs/contract.md §11. */
export const isAudited = ({ method, config: { scope, audit } }: Pick<Route, 'method' | 'config'>): boolean =>
  audit ?? (method !== 'GET' && scope !== 'device')

/** Declares a route and keeps its exact type, which types `call` and the handlers. */
export const route = <const R extends Route>(definition: R): R => definition
