import type { Access } from '@mason/contract/route'
import { grants } from '@mason/contract/scopes'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DeviceActor, KeyActor } from '../actor.ts'
import type { KeyCache } from '../apikey/key-cache.ts'
import type { DeviceLookup } from '../checkin/credentials.ts'
import { AppError } from '../errors.ts'
import { readCredentials } from './credentials.ts'
import type { Allowance, Rate, RateLimiter } from './rate-limit.ts'

/** Who may call, and how often. */
export type Guard = ReturnType<typeof authenticator>

interface Options {
  keys: KeyCache
  findDevice: DeviceLookup
  limiter: RateLimiter
  defaultRate: Rate
  deviceRate: Rate
}

/**
 * Decides who calls a route and whether it may: 401, 429, 403 and the 404 of an unknown fleet, in this order, before a
 * body is read.
 */
export function authenticator({ keys, findDevice, limiter, defaultRate, deviceRate }: Options) {
  /** Whoever cannot be told apart is limited by address; guessing is slow, and nobody else is held up. */
  const refuseStranger = (request: FastifyRequest, reply: FastifyReply, message: string): AppError => {
    const allowance = limiter.take(`address:${request.ip}`, defaultRate)
    announce(reply, allowance)
    return allowance.isAllowed ? new AppError('authentication_error', message) : tooFast(allowance)
  }

  /** What is left to the address, told to whoever is not asked for a credential. */
  const announceAddress = (request: FastifyRequest, reply: FastifyReply): void =>
    announce(reply, limiter.take(`address:${request.ip}`, defaultRate, 0))

  const authenticateKey = async (request: FastifyRequest, reply: FastifyReply): Promise<KeyActor> => {
    const credentials = readCredentials(request.headers.authorization)
    if (credentials.kind === 'none') throw refuseStranger(request, reply, 'Required authorization token not found')
    const key = credentials.kind === 'token' ? await keys.find(credentials.token) : undefined
    if (!key) throw refuseStranger(request, reply, 'The API key is unknown, expired or revoked')
    const allowance = limiter.take(key.id, key.rate ?? defaultRate)
    announce(reply, allowance)
    if (!allowance.isAllowed) throw tooFast(allowance)
    if (key.allowedIps && !key.allowedIps.check(request.ip, request.ip.includes(':') ? 'ipv6' : 'ipv4'))
      throw new AppError('authentication_error', 'The API key does not work from this address')
    keys.touch(key)
    return { kind: 'key', accountId: key.accountId, id: key.id, scopes: key.scopes, isOperator: key.isOperator }
  }

  const authenticateDevice = async (request: FastifyRequest, reply: FastifyReply): Promise<DeviceActor> => {
    const credentials = readCredentials(request.headers.authorization)
    if (credentials.kind === 'none') throw refuseStranger(request, reply, 'Required device credential not found')
    const device = credentials.kind === 'pair' ? await findDevice(credentials.user, credentials.password) : undefined
    if (!device) throw refuseStranger(request, reply, 'The device credential is unknown or was replaced')
    const allowance = limiter.take(device.id, deviceRate)
    announce(reply, allowance)
    if (!allowance.isAllowed) throw tooFast(allowance)
    return device
  }

  const authenticate = async (request: FastifyRequest, reply: FastifyReply, access: Access): Promise<void> => {
    if (access === 'public') {
      announceAddress(request, reply)
    } else if (access === 'device') {
      request.actor = await authenticateDevice(request, reply)
    } else {
      const actor = await authenticateKey(request, reply)
      const wanted = typeof access === 'string' ? [access] : access
      if (!wanted.some((scope) => grants(actor.scopes, scope)))
        throw new AppError('permission_error', `The API key lacks the scope ${wanted.join(' or ')}`)
      request.actor = actor
    }
    const { fleet } = request.params as { fleet?: string }
    if (fleet !== undefined && fleet !== 'default') throw new AppError('not_found_error', 'There is no such fleet')
  }

  return { authenticate, announceAddress, refuseStranger }
}

function announce(reply: FastifyReply, { rate, left, resetSeconds }: Allowance): void {
  reply.header('ratelimit-policy', `"default";q=${rate.burst};w=${Math.ceil(rate.burst / rate.perSecond)}`)
  reply.header('ratelimit', `"default";r=${left};t=${resetSeconds}`)
}

const tooFast = ({ retrySeconds }: Allowance) =>
  new AppError('rate_limit_error', 'Too many requests', { retryAfter: Math.max(1, retrySeconds) })
