import type { Scope } from '@mason/contract/scopes'
import { grants } from '@mason/contract/scopes'
import { AppError } from './errors.ts'

/** Who does something: the holder of an API key, a device, or the platform itself. */
export type Actor = KeyActor | DeviceActor | SystemActor

export interface KeyActor {
  kind: 'key'
  accountId: string
  id: string
  /** Whether its account is the one that runs the platform. */
  isOperator: boolean
  /** Everything that the key grants, children included. */
  scopes: ReadonlySet<Scope>
}

export interface DeviceActor {
  kind: 'device'
  accountId: string
  id: string
}

interface SystemActor {
  kind: 'system'
  accountId: string
  id: string
}

export const mayDo = (actor: Actor, scope: Scope): boolean =>
  actor.kind === 'system' || (actor.kind === 'key' && grants(actor.scopes, scope))

/** Refuses an actor that lacks a scope that depends on what the request asks for. */
export function requireScope(actor: Actor, scope: Scope): void {
  if (!mayDo(actor, scope)) throw new AppError('permission_error', `This needs the scope ${scope}`)
}
