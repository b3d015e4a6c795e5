import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../core/errors.ts'
import type { LenientJson } from '../../core/http/body.ts'
import type { Guard } from '../../core/http/guard.ts'
import type { Checkins } from '../../fleet/checkin/service.ts'
import type { WakeUps } from '../../fleet/wake-ups.ts'
import type { Known } from './caller.ts'
import { bareConfig, type ConfigSources, configOf } from './config.ts'
import { readDeviceInfo } from './device-info.ts'
import { answerInDialect, ok, refusal, unknownDevice } from './envelope.ts'
import { confirmReboot, confirmReset } from './flags.ts'
import { arrive, becomeDevice, moveDevice, type OwnPath } from './join.ts'
import { serverOf } from './path.ts'
import type { Polls } from './polls.ts'
import { takeInfo, takeLog } from './reports.ts'

interface Options extends ConfigSources {
  guard: Guard
  callerOf(request: FastifyRequest, reply: FastifyReply): Promise<Known>
  checkins: Checkins
  wakeUps: WakeUps
  polls: Polls
}

type Handler = (known: Known, request: FastifyRequest, reply: FastifyReply) => Promise<string | FastifyReply>

const bodyLimit = 2 ** 20
/** Of a number that a person may have typed. */
const number = /^[!-~]([ -~]{0,98}[!-~])?$/
const log = [{ packageId: 'com.hmdm.launcher', logLevel: 4, filter: '' }]

/**
 * What the stock agent of Headwind MDM calls. The first part of each path is the credential: it is in no log, and no answer but that
 * of the configuration names another one.
 */
export function headwindRoutes(scope: FastifyInstance, options: Options): void {
  const { db, guard, callerOf, checkins, wakeUps, polls, publicUrl } = options
  scope.setErrorHandler(answerInDialect(guard))
  // Before the body is read: from then on the connection is a device's.
  const callers = new WeakMap<FastifyRequest, Known>()
  scope.addHook('onRequest', async (request, reply) => {
    callers.set(request, await callerOf(request, reply))
  })

  const on = (method: 'GET' | 'POST', path: string, handle: Handler) =>
    scope.route({
      method,
      url: `/hw-:secret/rest/${path}`,
      exposeHeadRoute: false,
      bodyLimit,
      schema: { hide: true },
      config: { isLenient: true },
      handler: async (request, reply) => {
        reply.type('application/json; charset=utf-8')
        const known = callers.get(request)
        if (!known) throw new Error('nobody has called')
        return handle(known, request, reply)
      },
    })
  /** A token is guessed at no faster than keys are; the agent shows the answer to whoever holds the device. */
  const refuseGuess = (request: FastifyRequest, reply: FastifyReply, message: string): void => {
    const refused = guard.refuseUnauthenticated(request, reply, message)
    if (refused.status === 429) throw refused
  }
  const move = ({ id, secret }: OwnPath) =>
    ok(bareConfig(options, id, { newServerUrl: serverOf(publicUrl(), id, secret) }))

  on('POST', 'public/sync/configuration/:number', async (known, request, reply) => {
    if (known.kind !== 'token') return configuration(known)
    const { number: sent = '' } = request.params as { number?: string }
    if (!number.test(sent)) throw new AppError('invalid_request_error', 'The number of the device is not printable')
    const path = await arrive(db, wakeUps, known.token, sent).catch((error: unknown) => {
      if (!isUnknownToken(error)) throw error
      refuseGuess(request, reply, error.message)
      return undefined
    })
    return path ? move(path) : refusal(unknownDevice)
  })
  on('GET', 'public/sync/configuration/:number', async (known) => configuration(known))

  const configuration = async (known: Known): Promise<string> => {
    switch (known.kind) {
      case 'device':
        return ok(await configOf(options, known.device))
      case 'arrival': {
        const { accountId, deviceId, id } = known.arrival
        return deviceId === null
          ? ok(bareConfig(options, id))
          : move(await moveDevice(db, wakeUps, { accountId, deviceId }))
      }
      case 'farewell':
        return ok(bareConfig(options, '', { factoryReset: true }))
      case 'token':
        // It has a configuration of ours, and the path of a token only: it is to begin anew.
        return refusal(unknownDevice)
    }
  }

  on('POST', 'public/sync/info', async (known, request) => {
    const info = readDeviceInfo((request.body as LenientJson | undefined)?.value)
    if (!info) throw new AppError('invalid_request_error', 'The device’s information must be a JSON object')
    if (known.kind === 'device') await takeInfo(options, known.device, info)
    if (known.kind === 'arrival' && known.arrival.deviceId === null) {
      const device = await becomeDevice(db, wakeUps, known.arrival, info)
      if (device) await takeInfo(options, device, info)
    }
    return ok()
  })

  on('GET', 'notification/polling/:number', async (known, _request, reply) => {
    // Whoever is no device yet has its configuration to fetch first.
    if (known.kind !== 'device') return ok([])
    await polls.open(known.device, () => {
      reply.hijack()
      const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }
      return reply.raw.writeHead(200, headers)
    })
    return reply
  })
  on('GET', 'notifications/device/:number', async () => ok([]))

  on('GET', 'plugins/devicelog/log/rules/:number', async () => ok(log))
  on('POST', 'plugins/devicelog/log/list/:number', async (known, request) => {
    if (known.kind === 'device') await takeLog(options, known.device, (request.body as LenientJson | undefined)?.value)
    return ok()
  })

  on('POST', 'plugins/devicereset/public/:number', async (known) =>
    known.kind === 'farewell' || (known.kind === 'device' && (await confirmReset(db, checkins, known.device)))
      ? ok()
      : refused(),
  )
  on('POST', 'plugins/devicereset/public/reboot/:number', async (known) =>
    known.kind === 'device' && (await confirmReboot(db, known.device)) ? ok() : refused(),
  )
  on('POST', 'plugins/devicereset/public/password/:number', async () => ok())
}

const isUnknownToken = (error: unknown): error is AppError =>
  error instanceof AppError && error.type === 'authentication_error'

/** The agent acts only on a 2xx: what was canceled meanwhile does not happen. */
const refused = (): never => {
  throw new AppError('conflict_error', 'Nothing of this kind is asked of the device any more')
}
