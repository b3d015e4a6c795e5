import type { TSchema } from 'typebox'
import type { Scope } from './scopes.ts'

/**
 * Who may call a route: a scope of §2, any of several scopes (the handler then asks for the one that the request needs),
 * `any` (every key and user, whatever its scopes), `session` (a person by the cookie of a session), `signing-in` (the same,
 * or one whose second step is still to come), `device` (a device's own credential, §6), or `public` (no credential).
 */
export type Access = Scope | readonly Scope[] | 'any' | 'session' | 'signing-in' | 'device' | 'public'

/** One call of the HTTP surface as data; Fastify's own route options, so a server, a client and OpenAPI read the same object. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path with `:name` parameters, from the origin. */
  readonly url: string
  readonly config: {
    readonly scope: Access
    /** The scope that a member of the body needs, or each of its values; for a refusal that names what this change lacks. */
    readonly memberScopes?: Readonly<Record<string, Scope | Readonly<Record<string, Scope>>>>
    /** A device's own credential will do as well. */
    readonly orDevice?: true
    /** The body is worked on as it arrives, rows or any bytes; no schema describes it. */
    readonly isStreamed?: true
    /** The handler reads the body member by member: one that is odd does not refuse the others. */
    readonly isLenient?: true
    /** The body may be form-encoded as well as JSON, and members that are not known are ignored (contract §1). */
    readonly form?: true
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

/** The scopes that a body needs by its members. */
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

/** Declares a route and keeps its exact type, so that `call` and handlers are typed by it. */
export const route = <const R extends Route>(definition: R): R => definition
