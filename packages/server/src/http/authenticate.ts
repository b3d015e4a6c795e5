import { type Access, type Route, scopesFor } from '@mason/contract/route'
import { grants, type Scope } from '@mason/contract/scopes'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  type Actor,
  type DeviceActor,
  isPrincipal,
  type KeyActor,
  mayDo,
  type Principal,
  type UserActor,
} from '../actor.ts'
import type { KeyCache, KnownKey } from '../apikey/key-cache.ts'
import { type Cookies, refuseCrossSite } from '../auth/cookies.ts'
import type { KnownUser, People } from '../auth/people.ts'
import type { DeviceLookup } from '../checkin/credentials.ts'
import type { LastUsed } from '../credential/last-used.ts'
import { AppError } from '../errors.ts'
import type { Tokens } from '../oauth/tokens.ts'
import { readCredentials } from './credentials.ts'
import type { Allowance, Rate, RateLimiter } from './rate-limit.ts'

/** Who may call, and how often. */
export type Guard = ReturnType<typeof authenticator>

interface Options {
  keys: KeyCache
  keyUses: LastUsed
  people: People
  sessionUses: LastUsed
  tokens: Tokens
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
export function authenticator(options: Options) {
  const { keys, keyUses, people, sessionUses, tokens, cookies, publicUrl } = options
  const { findDevice, limiter, defaultRate, deviceRate } = options

  /** Whoever cannot be told apart is limited by address; guessing is slow, and nobody else is held up. */
  const refuseStranger = (request: FastifyRequest, reply: FastifyReply, message: string): AppError => {
    const allowance = limiter.take(`address:${request.ip}`, defaultRate)
    announce(reply, allowance)
    return allowance.isAllowed ? new AppError('authentication_error', message) : tooFast(allowance)
  }

  /** What is left to the address, told to whoever is not asked for a credential. */
  const announceAddress = (request: FastifyRequest, reply: FastifyReply): void =>
    announce(reply, limiter.take(`address:${request.ip}`, defaultRate, 0))

  const admitKey = (request: FastifyRequest, reply: FastifyReply, key: KnownKey | undefined): KeyActor => {
    if (!key) throw refuseStranger(request, reply, 'The API key is unknown, expired or revoked')
    const allowance = limiter.take(key.actor.id, key.rate ?? defaultRate)
    announce(reply, allowance)
    if (!allowance.isAllowed) throw tooFast(allowance)
    if (key.allowedIps && !key.allowedIps.check(request.ip, request.ip.includes(':') ? 'ipv6' : 'ipv4'))
      throw new AppError('authentication_error', 'The API key does not work from this address')
    keyUses.note(key.actor.accountId, key.actor.id)
    return key.actor
  }

  const admitDevice = (request: FastifyRequest, reply: FastifyReply, device: DeviceActor | undefined): DeviceActor => {
    if (!device) throw refuseStranger(request, reply, 'The device credential is unknown or was replaced')
    const allowance = limiter.take(device.id, deviceRate)
    announce(reply, allowance)
    if (!allowance.isAllowed) throw tooFast(allowance)
    return device
  }

  const admitUser = (reply: FastifyReply, { actor }: KnownUser): UserActor => {
    const allowance = limiter.take(actor.id, defaultRate)
    announce(reply, allowance)
    if (!allowance.isAllowed) throw tooFast(allowance)
    return actor
  }

  /** A person by the cookie of a session. */
  const admitSession = async (request: FastifyRequest, reply: FastifyReply, access: Access): Promise<UserActor> => {
    const token = cookies.session.read(request)
    if (token === undefined) throw refuseStranger(request, reply, 'Required authorization token not found')
    const found = await people.findSession(token)
    if (!found) throw refuseStranger(request, reply, 'The session is unknown or has ended')
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
    if (!holder) throw refuseStranger(request, reply, 'The token is unknown, expired or revoked')
    return 'user' in holder
      ? admitUser(reply, holder.user)
      : { ...admitKey(request, reply, holder.key), scopes: holder.scopes }
  }

  const findActor = (request: FastifyRequest, reply: FastifyReply, access: Access): Actor | Promise<Actor> => {
    const credentials = readCredentials(request.headers.authorization)
    if (access === 'device' || (credentials.kind === 'pair' && isForDevicesToo(request))) {
      if (credentials.kind === 'none') throw refuseStranger(request, reply, 'Required device credential not found')
      if (credentials.kind !== 'pair') return admitDevice(request, reply, undefined)
      const device = findDevice(credentials.user, credentials.password)
      return device instanceof Promise
        ? device.then((found) => admitDevice(request, reply, found))
        : admitDevice(request, reply, device)
    }
    if (credentials.kind === 'none') return admitSession(request, reply, access)
    if (access === 'session' || access === 'signing-in')
      throw refuseStranger(request, reply, 'This is for people who have signed in, by the cookie of their session')
    if (credentials.kind === 'token' && isToken(credentials.token)) return admitToken(request, reply, credentials.token)
    const key = credentials.kind === 'token' ? keys.find(credentials.token) : undefined
    return key instanceof Promise ? key.then((found) => admitKey(request, reply, found)) : admitKey(request, reply, key)
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

  /** Whether an answer that goes on and on may: its key, session or token still stands and holds the scope. */
  const isStillAdmitted = async (request: FastifyRequest): Promise<boolean> => {
    const { scope } = request.routeOptions.config as Partial<Route['config']>
    const actor = await findPrincipal(request)
    return actor !== undefined && scope !== undefined && isGranted(actor, scope)
  }

  const findPrincipal = async (request: FastifyRequest): Promise<Principal | undefined> => {
    const credentials = readCredentials(request.headers.authorization)
    if (credentials.kind === 'none') {
      const session = await people.findSession(cookies.session.read(request) ?? '')
      return session?.user.actor
    }
    if (credentials.kind !== 'token') return undefined
    if (!isToken(credentials.token)) return (await keys.find(credentials.token))?.actor
    const holder = await tokens.find(credentials.token)
    return holder && ('user' in holder ? holder.user.actor : { ...holder.key.actor, scopes: holder.scopes })
  }

  return { authenticate, announceAddress, refuseStranger, admitKey, isStillAdmitted }
}

/** Refuses whoever may not do this at all, now that the body has been read, and names the scopes that it would take. */
export function refuseLacking({ refusal, actor, body, routeOptions }: FastifyRequest): void {
  if (!refusal) return
  const needed = scopesFor(routeOptions.config as Partial<Route['config']>, body).filter(
    (scope) => !mayDo(actor, scope),
  )
  const widest = needed.filter((scope) => !needed.some((other) => other !== scope && grants([other], scope)))
  throw widest.length > 0 ? lacking(actor, widest.join(' and ')) : refusal
}

const lacking = ({ kind }: Actor, scopes: string) =>
  new AppError('permission_error', `${kind === 'key' ? 'The API key lacks' : 'You lack'} the scope ${scopes}`)

const memberScopesOf = ({ routeOptions }: FastifyRequest) =>
  (routeOptions.config as Partial<Route['config']>).memberScopes

/** Access that takes no scope, but to be somebody. */
const scopeless: ReadonlySet<Access> = new Set<Access>(['any', 'session', 'signing-in'])

const isForDevicesToo = ({ routeOptions }: FastifyRequest) => (routeOptions.config as Partial<Route['config']>).orDevice

const isGranted = ({ scopes }: Principal, access: Access) =>
  typeof access === 'string'
    ? scopes.has(access as Scope) || scopeless.has(access)
    : access.some((scope) => scopes.has(scope))

/** A JSON Web Token has three parts. */
const isToken = (text: string) => text.includes('.')

function refuseOtherFleets(request: FastifyRequest): void {
  const { fleet } = request.params as { fleet?: string }
  if (fleet !== undefined && fleet !== 'default') throw new AppError('not_found_error', 'There is no such fleet')
}

function announce(reply: FastifyReply, { rate, left, resetSeconds }: Allowance): void {
  reply.header('ratelimit-policy', policyOf(rate))
  reply.header('ratelimit', `"default";r=${left};t=${resetSeconds}`)
}

const policies = new WeakMap<Rate, string>()

function policyOf(rate: Rate): string {
  let policy = policies.get(rate)
  if (policy === undefined) {
    policy = `"default";q=${rate.burst};w=${Math.ceil(rate.burst / rate.perSecond)}`
    policies.set(rate, policy)
  }
  return policy
}

const tooFast = ({ retrySeconds }: Allowance) =>
  new AppError('rate_limit_error', 'Too many requests', { retryAfter: Math.max(1, retrySeconds) })
