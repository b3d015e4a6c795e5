import { type Access, type Route, scopesFor } from '@mason/contract/route'
import { grants, type Scope } from '@mason/contract/scopes'
import type { FastifyRequest } from 'fastify'
import { type Actor, mayDo, type Principal } from '../../core/actor.ts'
import { AppError } from '../../core/errors.ts'

/** Refuses whoever may not do this at all, now that the body has been read, and names the scopes that it would take. */
export function refuseLacking({ refusal, actor, body, routeOptions }: FastifyRequest): void {
  if (!refusal) return
  const needed = scopesFor(routeOptions.config as Partial<Route['config']>, body).filter(
    (scope) => !mayDo(actor, scope),
  )
  const widest = needed.filter((scope) => !needed.some((other) => other !== scope && grants([other], scope)))
  throw widest.length > 0 ? lacking(actor, widest.join(' and ')) : refusal
}

export const lacking = ({ kind }: Actor, scopes: string) =>
  new AppError('permission_error', `${kind === 'key' ? 'The API key lacks' : 'You lack'} the scope ${scopes}`)

export const memberScopesOf = ({ routeOptions }: FastifyRequest) =>
  (routeOptions.config as Partial<Route['config']>).memberScopes

/** Access that takes no scope, but to be somebody. */
const scopeless: ReadonlySet<Access> = new Set<Access>(['any', 'session', 'signing-in'])

export const isGranted = ({ scopes }: Principal, access: Access) =>
  typeof access === 'string'
    ? scopes.has(access as Scope) || scopeless.has(access)
    : access.some((scope) => scopes.has(scope))
