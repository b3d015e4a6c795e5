import type { CurrentSession } from '@mason/contract/auth'
import type { Scope } from '@mason/contract/scopes'
import { grants } from '@mason/contract/scopes'
import { AppError } from './errors.ts'

/** Who does something: the holder of an API key, a user, a device, or the platform itself. */
export type Actor = KeyActor | UserActor | DeviceActor | SystemActor

/** Whoever holds scopes. */
export type Principal = KeyActor | UserActor

/**
 * The names of the groups that somebody is restricted to: of the account, only what hangs on these is seen and changed. Undefined
 * for the whole account; empty for nothing.
 */
export type Groups = readonly string[] | undefined

export interface KeyActor {
  kind: 'key'
  accountId: string
  id: string
  /** Whether its account is the one that runs the platform. */
  isOperator: boolean
  /** Everything that the key grants, children included. */
  scopes: ReadonlySet<Scope>
  groups: Groups
}

/** A person: by a session, or by a token that was issued to them. */
export interface UserActor {
  kind: 'user'
  accountId: string
  id: string
  isOperator: boolean
  scopes: ReadonlySet<Scope>
  groups: Groups
}

export interface DeviceActor {
  kind: 'device'
  accountId: string
  id: string
  groups?: undefined
}

interface SystemActor {
  kind: 'system'
  accountId: string
  id: string
  groups?: undefined
}

/** Who is written down as having done something, and within which groups. */
export type Author = Pick<Actor, 'kind' | 'id' | 'accountId' | 'groups'>

/** Whether it is a key or a user. */
export const isPrincipal = (actor: Actor): actor is Principal => actor.kind === 'key' || actor.kind === 'user'

/** Whether it sees only some groups of its account. */
export const isRestricted = ({ groups }: Actor): boolean => groups !== undefined

/** Whether somebody is restricted as before. */
export const hasSameGroups = (one: Actor, other: Actor): boolean =>
  JSON.stringify(one.groups) === JSON.stringify(other.groups)

export const mayDo = (actor: Actor, scope: Scope): boolean =>
  actor.kind === 'system' || (isPrincipal(actor) && grants(actor.scopes, scope))

/** Refuses an actor that lacks a scope that depends on what the request asks for. */
export function requireScope(actor: Actor, scope: Scope): void {
  if (!mayDo(actor, scope)) throw new AppError('permission_error', `This needs the scope ${scope}`)
}

/** Refuses to give out scopes, or power over whoever holds them, to an actor that lacks one. */
export function requireToHandOn(actor: Actor, scopes: readonly Scope[]): void {
  requireAll(actor, scopes, 'You cannot grant a scope that you do not hold')
}

/** Refuses to end what holds scopes to an actor that lacks one: it could shut out whoever is above it. */
export function requireToEnd(actor: Actor, scopes: readonly Scope[]): void {
  requireAll(actor, scopes, 'You cannot delete a key that holds a scope that you do not hold')
}

function requireAll(actor: Actor, scopes: readonly Scope[], refusal: string): void {
  const missing = scopes.filter((scope) => !mayDo(actor, scope))
  if (missing.length > 0) throw new AppError('permission_error', `${refusal}, here the scope ${missing.join(', ')}`)
}

/** A person's own session. */
export interface OwnSession {
  accountId: string
  userId: string
  id: string
  state: CurrentSession['state']
}
