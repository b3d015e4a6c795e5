import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'
import type { Background } from '../core/background.ts'
import type { Database } from '../core/db/database.ts'
import type { Lanes } from '../core/db/hot.ts'
import type { Sealer } from '../core/sealer.ts'
import { KeyCache } from './apikey/key-cache.ts'
import { openCookies } from './auth/cookies.ts'
import { SignedInUsers } from './auth/signed-in-users.ts'
import { deviceCredentials } from './credential/device-credentials.ts'
import { LastUsed } from './credential/last-used.ts'
import { LiveCache } from './credential/live-cache.ts'
import { authenticator } from './guard/authenticate.ts'
import { TicketHolders } from './guard/ticket-holders.ts'
import { SigningKeys } from './oauth/signing-keys.ts'
import { Tokens } from './oauth/tokens.ts'
import { RateLimiter } from './rate-limit.ts'

interface Options {
  config: Config
  database: Database
  lanes: Lanes
  sealer: Sealer
  background: Background
  publicUrl: () => string
  /** Is told of each secret of a device that ended on any node. */
  onDeviceEnded(id: string, secretHash: string): void
}

export type Access = ReturnType<typeof openAccess>

/** All that is known of who may call, and the guard that asks for it. */
export function openAccess({ config, database, lanes, sealer, background, publicUrl, onDeviceEnded }: Options) {
  const cache = new LiveCache(database, background)
  const keys = new KeyCache(cache, lanes.points)
  const keyUses = new LastUsed(database, 'api_key', background)
  const devices = deviceCredentials(lanes.points, cache, onDeviceEnded)
  const users = new SignedInUsers(cache, lanes.points)
  const sessionUses = new LastUsed(database, 'user_session', background)
  const signing = new SigningKeys(database, sealer)
  const tokens = new Tokens(signing, keys, users, publicUrl)
  const tickets = new TicketHolders(lanes.points, keys, users)
  const cookies = openCookies(publicUrl)
  const limiter = new RateLimiter()
  const defaultRate = { perSecond: config.RATE_LIMIT_PER_SECOND, burst: config.RATE_LIMIT_BURST }
  const deviceRate = { perSecond: config.DEVICE_RATE_PER_SECOND, burst: config.DEVICE_RATE_BURST }
  const known = { keys, keyUses, users, sessionUses, tokens, tickets, cookies, publicUrl, findDevice: devices.find }
  const guard = authenticator({ ...known, limiter, defaultRate, deviceRate })
  /** Keeps what is known up to date while HTTP is open. */
  const watch = (http: FastifyInstance): void => {
    http.addHook('onReady', async () => {
      cache.start()
      keyUses.start()
      sessionUses.start()
    })
    http.addHook('onClose', async () => {
      await Promise.all([cache.stop(), keyUses.stop(), sessionUses.stop()])
    })
  }
  const forgetEnded = () => cache.refresh()
  return {
    guard,
    keys,
    devices,
    users,
    signing,
    tokens,
    tickets,
    cookies,
    limiter,
    defaultRate,
    deviceRate,
    watch,
    forgetEnded,
  }
}
