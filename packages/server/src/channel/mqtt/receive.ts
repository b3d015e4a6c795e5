import type { DesiredState } from '@mason/contract/deployment'
import type { PublishPacket } from 'aedes'
import type { FastifyBaseLogger } from 'fastify'
import type { Rate, RateLimiter } from '../../access/rate-limit.ts'
import type { Loop } from '../../core/background.ts'
import { isLasting } from '../../core/db/lasting.ts'
import { AppError } from '../../core/errors.ts'
import { type LenientJson, parseJsonLeniently } from '../../core/http/body.ts'
import { isUuid } from '../../core/http/validation.ts'
import { readOutcome, readSent } from '../../fleet/checkin/sent-report.ts'
import type { Checkins } from '../../fleet/checkin/service.ts'
import { type Connected, takeAnswer } from './connected.ts'

interface Options {
  checkins: Checkins
  limiter: RateLimiter
  deviceRate: Rate
  log: FastifyBaseLogger
  /** Waits for so long, or until the gateway stops. */
  pause(ms: number): Promise<void>
  isStopping(): boolean
  /** Told of what the database did not take. */
  writes: Loop
  /** Brings a device what it is to have, after a check-in that did not know it. */
  publishDeployments(known: Connected, desired: DesiredState): void
  /** Tells a device which of the commands that it holds it must not carry out. */
  publishWithdrawn(known: Connected, withdrawn: string[]): void
  /** The device has answered all that it was handed, and more waits for it. */
  onAnswered(known: Connected): void
}

/** What lies in the message itself is tried again so often: it may have been meant for what came at the same time. */
const attempts = 3
const retryMs = 1_000

/**
 * Takes in what devices say, each one's in its order and no faster than its rate allows; until then it waits, and its
 * connection with it. What cannot be taken at all is logged and acknowledged: refused, it would come again for ever.
 *
 * @throws when the message was not taken in and the connection is to end without an acknowledgement of it.
 */
export function receiver(options: Options): (known: Connected, packet: PublishPacket) => Promise<void> {
  const {
    checkins,
    limiter,
    deviceRate,
    log,
    pause,
    isStopping,
    writes,
    publishDeployments,
    publishWithdrawn,
    onAnswered,
  } = options

  function refuseEnded({ client, isEnding }: Connected): void {
    if (client.closed || isEnding || isStopping()) throw new Ended('the connection has ended')
  }

  async function waitForRate(known: Connected): Promise<void> {
    for (;;) {
      refuseEnded(known)
      const { isAllowed, waitMs } = limiter.take(known.device.id, deviceRate)
      if (isAllowed) return
      await pause(waitMs)
    }
  }

  /** Does it until the database takes it. */
  async function insist<T>(known: Connected, write: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      refuseEnded(known)
      try {
        const result = await write()
        writes.succeeded()
        return result
      } catch (error) {
        if (error instanceof AppError && error.status !== 503) throw error
        writes.failed(error)
        if (attempt >= attempts && isLasting(error)) throw error
        // Many wait for the same: they do not all come back at once.
        await pause(retryMs * (1 + Math.random()))
      }
    }
  }

  async function takeIn(known: Connected, packet: PublishPacket): Promise<void> {
    const [root, owner, kind, command, ...rest] = packet.topic.split('/')
    const isOwn = root === 'devices' && owner === known.device.id && rest.length === 0
    const isAnswer = isOwn && kind === 'notifications' && command !== undefined
    if (!isAnswer || !takeAnswer(known, command)) await waitForRate(known)
    if (!isOwn) throw refused('a device writes only below its own id')
    if (isAnswer) await takeOutcome(known, command, packet)
    else if (kind === 'checkin' && command === undefined) await takeReport(known, packet)
    else throw refused('there is no such topic')
  }

  async function takeOutcome(known: Connected, notification: string, { payload }: PublishPacket): Promise<void> {
    if (!isUuid(notification)) throw refused('there is no such notification')
    const outcome = { id: notification, ...readOutcome(read(payload)) }
    await insist(known, () => checkins.report(known.device, [outcome]))
    if (known.hasMore && known.unanswered === 0) onAnswered(known)
  }

  async function takeReport(known: Connected, { payload, dup: isRepeat }: PublishPacket): Promise<void> {
    const report = readSent(read(payload))
    const transport = { isConnected: true, isRepeat }
    const { deployments, withdrawn } = await insist(known, () => checkins.accept(known.device, report, transport))
    if (deployments) publishDeployments(known, deployments)
    if (withdrawn) publishWithdrawn(known, withdrawn)
  }

  async function take(known: Connected, packet: PublishPacket): Promise<void> {
    try {
      await takeIn(known, packet)
    } catch (error) {
      if (error instanceof Ended || isDead(error)) throw error
      complain(known, packet.topic, error as Error)
    }
  }

  function complain(known: Connected, topic: string, error: Error): void {
    const device = known.device.id
    if (!(error instanceof AppError))
      log.error({ device, topic, err: error }, 'MQTT message lost: it could not be written')
    else if (known.complaint !== error.message)
      log.warn({ device, topic, reason: error.message }, 'MQTT message dropped')
    known.complaint = error.message
  }

  return (known, packet) => {
    const taken = known.turn.then(() => take(known, packet))
    known.turn = taken.catch(() => {})
    return taken
  }
}

/** The connection is over before the message had its turn: nobody is there to be told. */
class Ended extends Error {}

const refused = (message: string) => new AppError('invalid_request_error', message)

/** Whether the device has been removed, or has another secret by now. */
const isDead = (error: unknown) => error instanceof AppError && error.type === 'authentication_error'

function read(payload: PublishPacket['payload']): LenientJson {
  if (payload.length === 0) throw refused('the message is empty, or larger than 1 MiB')
  return parseJsonLeniently(Buffer.from(payload))
}
