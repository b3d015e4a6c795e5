import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DeviceActor, UserActor } from '../../core/actor.ts'
import { AppError } from '../../core/errors.ts'
import type { AdmitKey } from '../apikey/key-cache.ts'
import type { KnownUser } from '../auth/signed-in-users.ts'
import type { LastUsed } from '../credential/last-used.ts'
import type { Allowance, Rate, RateLimiter } from '../rate-limit.ts'

interface Options {
  limiter: RateLimiter
  defaultRate: Rate
  deviceRate: Rate
  keyUses: LastUsed
}

/** Lets in whoever has shown who they are, no faster than they may, and says what is left to them. */
export function admission({ limiter, defaultRate, deviceRate, keyUses }: Options) {
  const take = (reply: FastifyReply, name: string, rate: Rate): void => {
    const allowance = limiter.take(name, rate)
    announce(reply, allowance)
    if (!allowance.isAllowed) throw tooFast(allowance)
  }

  /** Whoever cannot be told apart is limited by address; guessing is slow, and nobody else is held up. */
  const refuseUnauthenticated = (request: FastifyRequest, reply: FastifyReply, message: string): AppError => {
    const allowance = limiter.take(`address:${request.ip}`, defaultRate)
    announce(reply, allowance)
    return allowance.isAllowed ? new AppError('authentication_error', message) : tooFast(allowance)
  }

  /** What is left to the address, told to whoever is not asked for a credential. */
  const announceAddress = (request: FastifyRequest, reply: FastifyReply): void =>
    announce(reply, limiter.take(`address:${request.ip}`, defaultRate, 0))

  const admitKey: AdmitKey = (request, reply, key) => {
    if (!key) throw refuseUnauthenticated(request, reply, 'The API key is unknown, expired or revoked')
    take(reply, key.actor.id, key.rate ?? defaultRate)
    if (key.allowedIps && !key.allowedIps.check(request.ip, request.ip.includes(':') ? 'ipv6' : 'ipv4'))
      throw new AppError('authentication_error', 'The API key does not work from this address')
    keyUses.note(key.actor.accountId, key.actor.id)
    return key.actor
  }

  const admitDevice = (request: FastifyRequest, reply: FastifyReply, device: DeviceActor | undefined): DeviceActor => {
    if (!device) throw refuseUnauthenticated(request, reply, 'The device credential is unknown or was replaced')
    take(reply, device.id, deviceRate)
    return device
  }

  const admitUser = (reply: FastifyReply, { actor }: KnownUser): UserActor => {
    take(reply, actor.id, defaultRate)
    return actor
  }

  return { refuseUnauthenticated, announceAddress, admitKey, admitDevice, admitUser }
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
