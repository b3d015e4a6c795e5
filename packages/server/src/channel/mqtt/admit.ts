import type { AuthenticateError, Client } from 'aedes'
import type { FastifyBaseLogger } from 'fastify'
import type { DeviceLookup, VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Rate, RateLimiter } from '../../access/rate-limit.ts'
import { Turnstile } from '../../core/connection/turnstile.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import { patienceMs } from '../../core/overloaded.ts'

/** What a CONNECT and what follows at once take, some 100 µs each, holds up everything else for a few milliseconds. */
const connectsInTurn = 40
/** As many as may be unknown at once (`core/connection/limits.ts`). */
const maxWaiting = 10_000

interface Options {
  findDevice: DeviceLookup
  limiter: RateLimiter
  /** For those who fail to authenticate, by address. */
  unauthenticatedRate: Rate
  metrics: Pick<Metrics, 'watchQueue'>
  log: FastifyBaseLogger
}

interface Comer {
  pass(): void
  refuse(): void
}

/** Decides who may connect, a crowd in turns: whom there is no room for is told to come again later. */
export function doorkeeper({ findDevice, limiter, unauthenticatedRate, metrics, log }: Options) {
  const turnstile = new Turnstile<Comer>({
    inTurn: connectsInTurn,
    max: maxWaiting,
    patienceMs,
    pass: (comer) => comer.pass(),
    refuse: (comer) => comer.refuse(),
  })
  metrics.watchQueue('connects', () => turnstile.waiting)

  /** The device behind a CONNECT. @throws AuthenticateError with the return code of MQTT 3.1.1 §3.2.2.3. */
  return async (
    client: Client,
    address: string,
    username: string | undefined,
    password: Buffer | undefined,
  ): Promise<VerifiedDevice> => {
    const refuse = (returnCode: number, reason: string) => {
      log.warn({ device: client.id, address, reason }, 'MQTT connection refused')
      return Object.assign(new Error(reason), { returnCode }) as AuthenticateError
    }
    if (username !== client.id) throw refuse(2, 'client id and user name differ')
    await new Promise<void>((pass, fail) => {
      turnstile.enter({ pass, refuse: () => fail(refuse(3, 'too many devices connect at once')) })
    })
    const device = await Promise.resolve(findDevice(client.id, password?.toString('utf8') ?? '')).catch(() => {
      throw refuse(3, 'the database is away, or too much waits for it')
    })
    if (device && device.id === client.id) return device
    const { isAllowed } = limiter.take(`address:${address}`, unauthenticatedRate)
    throw refuse(isAllowed ? 4 : 3, 'unknown credential')
  }
}
