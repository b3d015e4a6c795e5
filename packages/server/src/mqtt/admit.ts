import type { AuthenticateError, Client } from 'aedes'
import type { FastifyBaseLogger } from 'fastify'
import type { DeviceLookup, VerifiedDevice } from '../checkin/credentials.ts'
import type { Rate, RateLimiter } from '../http/rate-limit.ts'

interface Options {
  findDevice: DeviceLookup
  limiter: RateLimiter
  /** For those who fail to authenticate, by address. */
  strangerRate: Rate
  log: FastifyBaseLogger
}

/** The device behind a CONNECT. @throws AuthenticateError with the return code of MQTT 3.1.1 §3.2.2.3. */
export function doorkeeper({ findDevice, limiter, strangerRate, log }: Options) {
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
    const device = await Promise.resolve(findDevice(client.id, password?.toString('utf8') ?? '')).catch(() => {
      throw refuse(3, 'the database is away')
    })
    if (device && device.id === client.id) return device
    const { isAllowed } = limiter.take(`address:${address}`, strangerRate)
    throw refuse(isAllowed ? 4 : 3, 'unknown credential')
  }
}
