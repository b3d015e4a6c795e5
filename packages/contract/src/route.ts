import type { TSchema } from 'typebox'
import type { Scope } from './scopes.ts'

/**
 * Who may call a route: a scope of docs/contract.md §2, any of several scopes (the handler then requires the one that the request
 * needs), `any` (every key and user, whatever its scopes), `session` (a user with a session cookie), `signing-in` (the same,
 * or a session that waits for its second step), `device` (a device's own credential, §6), or `public` (no credential).
 */
export type Access = Scope | readonly Scope[] | 'any' | 'session' | 'signing-in' | 'device' | 'public'

/** A route of the API as data, in the form of Fastify's route options; server, client and OpenAPI read the same object. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path with `:name` parameters, from the origin. */
  readonly url: string
  readonly config: {
    readonly scope: Access
    /** The scope that a member of the body, or each of its values, needs; a refusal names the missing scope. */
    readonly memberScopes?: Readonly<Record<string, Scope | Readonly<Record<string, Scope>>>>
    /** A device's own credential is accepted as well. */
    readonly orDevice?: true
    /** The body is processed as it arrives, as rows or bytes, and has no schema. */
    readonly isStreamed?: true
    /** The handler reads the body member by member: an invalid member does not make it refuse the others. */
    readonly isLenient?: true
    /** The body may be form-encoded or JSON, and unknown members are ignored (docs/contract.md §1). */
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

/** Declares a route and keeps its exact type, which types `call` and the handlers. */
export const route = <const R extends Route>(definition: R): R => definition
