import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { DeviceLookup, VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Rate, RateLimiter } from '../../access/rate-limit.ts'
import { AppError } from '../../core/errors.ts'
import type { LenientJson } from '../../core/http/body.ts'
import type { Guard } from '../../core/http/guard.ts'
import { hashSecretToHex } from '../../core/key.ts'
import type { WakeUps } from '../../fleet/wake-ups.ts'
import { isFarewell } from '../reach/farewell.ts'
import { type CheckInSources, checkIn, deploymentOf, farewellCommands } from './check-in.ts'
import { enroll } from './enroll.ts'
import { answerInDialect, ok, refusal } from './envelope.ts'
import { membersOf, text } from './sent.ts'
import { bearerOf, type Wakes } from './wake.ts'

interface Options extends CheckInSources {
  guard: Guard
  findDevice: DeviceLookup
  limiter: RateLimiter
  deviceRate: Rate
  wakeUps: WakeUps
  wakes: Wakes
}

/** What devices were told last: an agent that cannot install an app is not woken for it again and again. */
const told = new LRUCache<string, string>({ max: 100_000 })

function isNews(deviceId: string, commands: readonly { commandId: string; type: string }[]): boolean {
  const now = commands
    .filter(({ type }) => type !== 'apps.scan')
    .map(({ commandId }) => deploymentOf(commandId) ?? commandId)
    .join(' ')
  const isOther = now !== told.get(deviceId)
  told.set(deviceId, now)
  return isOther && commands.length > 0
}

const protocolVersion = '1.0'
const bodyLimit = 2 ** 20
const route = { bodyLimit, schema: { hide: true }, config: { isLenient: true } } as const

/** What the agent of MDMesh calls. */
export function mdmeshRoutes(scope: FastifyInstance, options: Options): void {
  const { db, guard, findDevice, limiter, deviceRate, wakeUps, wakes } = options
  scope.setErrorHandler(answerInDialect)

  /** @throws AppError when the caller has to wait. @returns the answer to somebody who is not known. */
  const stranger = (request: FastifyRequest, reply: FastifyReply, word: string, message: string): string => {
    const refused = guard.refuseUnauthenticated(request, reply, message)
    if (refused.status === 429) throw refused
    return refusal(word)
  }

  scope.post('/rest/public/agent/v1/enroll', route, async (request, reply) => {
    reply.type('application/json; charset=utf-8')
    const { value } = (request.body ?? {}) as Partial<LenientJson>
    try {
      const { id, secret } = await enroll(db, wakeUps, value)
      return ok({ protocolVersion, deviceId: id, deviceSecret: secret })
    } catch (error) {
      if (!(error instanceof AppError) || error.type !== 'authentication_error') throw error
      return stranger(request, reply, 'error.agent.token.invalid', error.message)
    }
  })

  scope.post('/rest/public/agent/v1/checkin', route, async (request, reply) => {
    reply.type('application/json; charset=utf-8')
    const { value } = (request.body ?? {}) as Partial<LenientJson>
    const secret = bearerOf(request.headers.authorization)
    const device = await find(text(membersOf(value).deviceId) ?? '', secret)
    if (!device) {
      if (secret !== '' && (await isFarewell(db, hashSecretToHex(secret))))
        return ok({ protocolVersion, commands: farewellCommands() })
      return stranger(request, reply, 'error.agent.unauthorized', 'The device credential is unknown or was replaced')
    }
    const { isAllowed, retrySeconds } = limiter.take(device.id, deviceRate)
    if (!isAllowed)
      throw new AppError('rate_limit_error', 'Too many requests', { retryAfter: Math.max(1, retrySeconds) })
    const commands = await checkIn(options, device, value)
    if (isNews(device.id, commands)) wakes.again(device.id)
    return ok({ protocolVersion, commands })
  })

  const find = async (id: string, secret: string): Promise<VerifiedDevice | undefined> => findDevice(id, secret)
}
