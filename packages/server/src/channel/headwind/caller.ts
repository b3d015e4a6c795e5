import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DeviceLookup, VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Rate, RateLimiter } from '../../access/rate-limit.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { hashSecretToHex } from '../../core/key.ts'
import { isFarewell } from '../reach/farewell.ts'
import { type Arrival, findArrival } from './join.ts'
import { readCaller } from './path.ts'

/** Who has called. */
export type Known =
  | { kind: 'token'; token: string }
  | { kind: 'device'; device: VerifiedDevice }
  | { kind: 'arrival'; arrival: Arrival }
  /** A device that was refurbished, and has not reset itself yet. */
  | { kind: 'farewell' }

interface Options {
  db: Db
  findDevice: DeviceLookup
  limiter: RateLimiter
  /** Of a device. */
  deviceRate: Rate
  /** Of an address whose caller has nothing but a token. */
  addressRate: Rate
}

/** Finds out by its path who calls, and whether it may so often. */
export function callers({ db, findDevice, limiter, deviceRate, addressRate }: Options) {
  const limit = (name: string, rate: Rate, reply: FastifyReply) => {
    const { isAllowed, retrySeconds } = limiter.take(name, rate)
    if (isAllowed) return
    reply.header('retry-after', Math.max(1, retrySeconds))
    throw new AppError('rate_limit_error', 'Too many requests', { retryAfter: Math.max(1, retrySeconds) })
  }
  return async (request: FastifyRequest, reply: FastifyReply): Promise<Known> => {
    const caller = readCaller((request.params as { secret?: string }).secret ?? '')
    if (!caller) throw unknown()
    if (caller.kind === 'token') {
      limit(`address:${request.ip}`, addressRate, reply)
      return caller
    }
    const device = await findDevice(caller.id, caller.secret)
    if (device) {
      limit(device.id, deviceRate, reply)
      // From here on the connection is a device's.
      request.actor = device
      return { kind: 'device', device }
    }
    const arrival = await findArrival(db, caller)
    if (arrival) {
      limit(arrival.id, deviceRate, reply)
      return { kind: 'arrival', arrival }
    }
    if (await isFarewell(db, hashSecretToHex(caller.secret))) return { kind: 'farewell' }
    throw unknown()
  }
}

const unknown = () => new AppError('authentication_error', 'The path names no device and no enrollment token')
