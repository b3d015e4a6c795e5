import type { Access, Route } from '@mason/contract/route'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  type Actor,
  hasSameGroups,
  isPrincipal,
  isRestricted,
  type Principal,
  type UserActor,
} from '../../core/actor.ts'
import { AppError } from '../../core/errors.ts'
import type { Guard } from '../../core/http/guard.ts'
import { onlyForAll } from '../../core/reach.ts'
import type { AdmitKey, KeyCache } from '../apikey/key-cache.ts'
import { type Cookies, refuseCrossSite } from '../auth/cookies.ts'
import type { SignedInUsers } from '../auth/signed-in-users.ts'
import { type Credentials, readCredentials } from '../credential/authorization.ts'
import type { DeviceLookup } from '../credential/device-credentials.ts'
import type { LastUsed } from '../credential/last-used.ts'
import type { Tokens } from '../oauth/tokens.ts'
import type { Rate, RateLimiter } from '../rate-limit.ts'
import { admission } from './admission.ts'
import { isGranted, lacking, memberScopesOf, refuseLacking } from './scopes.ts'
import type { TicketHolders } from './ticket-holders.ts'

interface Options {
  keys: KeyCache
  keyUses: LastUsed
  users: SignedInUsers
  sessionUses: LastUsed
  tokens: Tokens
  tickets: TicketHolders
  cookies: Cookies
  publicUrl: () => string
  findDevice: DeviceLookup
  limiter: RateLimiter
  defaultRate: Rate
  deviceRate: Rate
}

/**
 * Decides who calls a route and whether it may: 401, 429, 403 and the 404 of an unknown fleet, in this order, before a
 * body is read.
 */
export function authenticator(options: Options): Guard & { admitKey: AdmitKey } {
  const { keys, users, sessionUses, tokens, tickets, cookies, publicUrl, findDevice } = options
  const { refuseUnauthenticated, announceAddress, admitKey, admitDevice, admitUser } = admission(options)

  /** A person by the cookie of a session. */
  const admitSession = async (request: FastifyRequest, reply: FastifyReply, access: Access): Promise<UserActor> => {
    const token = cookies.session.read(request)
    if (token === undefined) throw refuseUnauthenticated(request, reply, 'Required authorization token not found')
    const found = await users.findSession(token)
    if (!found) throw refuseUnauthenticated(request, reply, 'The session is unknown or has ended')
    if (request.method !== 'GET' && request.method !== 'HEAD') refuseCrossSite(request, publicUrl)
    const { session, user } = found
    const actor = admitUser(reply, user)
    if (session.state !== 'active' && access !== 'signing-in')
      throw new AppError('authentication_error', 'The second step of signing in is still to come')
    sessionUses.note(session.accountId, session.id)
    request.session = session
    return actor
  }

  /** A key or a user by a token that was issued to them. */
  const admitToken = async (request: FastifyRequest, reply: FastifyReply, token: string): Promise<Principal> => {
    const holder = await tokens.find(token)
    if (!holder) throw refuseUnauthenticated(request, reply, 'The token is unknown, expired or revoked')
    return 'user' in holder
      ? admitUser(reply, holder.user)
      : { ...admitKey(request, reply, holder.key), scopes: holder.scopes }
  }

  /** Whoever a one-time ticket was made for; the service that opens the session uses it up. */
  const admitTicket = async (request: FastifyRequest, reply: FastifyReply, ticket: string): Promise<Principal> => {
    const holder = await tickets.find(ticket)
    if (!holder) throw refuseUnauthenticated(request, reply, 'The ticket is unknown, was used or is too old')
    return 'user' in holder ? admitUser(reply, holder.user) : admitKey(request, reply, holder.key)
  }

  const findDeviceActor = (
    request: FastifyRequest,
    reply: FastifyReply,
    credentials: Credentials,
  ): Actor | Promise<Actor> => {
    if (credentials.kind === 'none') throw refuseUnauthenticated(request, reply, 'Required device credential not found')
    if (credentials.kind !== 'pair') return admitDevice(request, reply, undefined)
    const device = findDevice(credentials.user, credentials.password)
    return device instanceof Promise
      ? device.then((found) => admitDevice(request, reply, found))
      : admitDevice(request, reply, device)
  }

  const findKeyActor = (
    request: FastifyRequest,
    reply: FastifyReply,
    credentials: Credentials,
  ): Actor | Promise<Actor> => {
    const key = credentials.kind === 'token' ? keys.find(credentials.token) : undefined
    return key instanceof Promise ? key.then((found) => admitKey(request, reply, found)) : admitKey(request, reply, key)
  }

  const findActor = (request: FastifyRequest, reply: FastifyReply, access: Access): Actor | Promise<Actor> => {
    const ticket = ticketIn(request)
    if (ticket !== undefined) return admitTicket(request, reply, ticket)
    const credentials = readCredentials(request.headers.authorization)
    if (access === 'device' || (credentials.kind === 'pair' && isForDevicesToo(request)))
      return findDeviceActor(request, reply, credentials)
    if (credentials.kind === 'none') return admitSession(request, reply, access)
    if (access === 'session' || access === 'signing-in')
      throw refuseUnauthenticated(request, reply, 'This needs a signed-in user: a session cookie')
    if (credentials.kind === 'token' && isToken(credentials.token)) return admitToken(request, reply, credentials.token)
    return findKeyActor(request, reply, credentials)
  }

  const admit = (request: FastifyRequest, actor: Actor, access: Access): void => {
    request.actor = actor
    if (isPrincipal(actor) && !isGranted(actor, access)) {
      const refusal = lacking(actor, [access].flat().join(' or '))
      if (!memberScopesOf(request)) throw refusal
      // Which scope is lacking depends on the body: it is read, and the request refused all the same.
      request.refusal = refusal
      return
    }
    if (reachOf(request) === 'account' && isRestricted(actor)) throw new AppError('permission_error', onlyForAll)
    refuseOtherFleets(request)
  }

  /** Returns at once where the credential is known, which spares the hot paths a turn of the loop. */
  const authenticate = (request: FastifyRequest, reply: FastifyReply, access: Access): undefined | Promise<void> => {
    if (access === 'public') {
      announceAddress(request, reply)
      refuseOtherFleets(request)
      return undefined
    }
    const actor = findActor(request, reply, access)
    if (actor instanceof Promise) return actor.then((found) => admit(request, found, access))
    admit(request, actor, access)
    return undefined
  }

  /** Whether an answer that goes on and on may: its key, session or token still stands, holds the scope and has the same groups. */
  const isStillAdmitted = async (request: FastifyRequest): Promise<boolean> => {
    const { scope } = request.routeOptions.config as Partial<Route['config']>
    const actor = await findPrincipal(request)
    return actor !== undefined && scope !== undefined && isGranted(actor, scope) && hasSameGroups(actor, request.actor)
  }

  const findPrincipal = async (request: FastifyRequest): Promise<Principal | undefined> => {
    const credentials = readCredentials(request.headers.authorization)
    if (credentials.kind === 'none') {
      const session = await users.findSession(cookies.session.read(request) ?? '')
      return session?.user.actor
    }
    if (credentials.kind !== 'token') return undefined
    if (!isToken(credentials.token)) return (await keys.find(credentials.token))?.actor
    const holder = await tokens.find(credentials.token)
    return holder && ('user' in holder ? holder.user.actor : { ...holder.key.actor, scopes: holder.scopes })
  }

  return { authenticate, refuseLacking, refuseUnauthenticated, announceAddress, isStillAdmitted, admitKey }
}

/** The ticket of a request, where its route takes one. */
const ticketIn = ({ routeOptions, query }: FastifyRequest): string | undefined => {
  if (!(routeOptions.config as Partial<Route['config']>).orTicket) return undefined
  const { ticket } = query as { ticket?: unknown }
  return typeof ticket === 'string' ? ticket : undefined
}

const isForDevicesToo = ({ routeOptions }: FastifyRequest) => (routeOptions.config as Partial<Route['config']>).orDevice

const reachOf = ({ routeOptions }: FastifyRequest) => (routeOptions.config as Partial<Route['config']>).reach

/** A JSON Web Token has three parts. */
const isToken = (text: string) => text.includes('.')

function refuseOtherFleets(request: FastifyRequest): void {
  const { fleet } = request.params as { fleet?: string }
  if (fleet !== undefined && fleet !== 'default') throw new AppError('not_found_error', 'There is no such fleet')
}
