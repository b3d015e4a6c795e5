import { enroll } from '@mason/contract/enrollment'
import { ApiError } from '@mason/sdk/api-error'
import { withRetries } from '@mason/sdk/retry'
import type { Exchange } from '../../http/exchange.ts'
import type { SimulatedDevice } from '../device/simulated-device.ts'
import type { Statistics } from '../progress/statistics.ts'
import type { Clock } from '../schedule/clock.ts'
import type { Member, MemberCredential } from './member.ts'

const maxRetries = 8

export interface EnrollFleetOptions {
  devices: Iterable<SimulatedDevice>
  token: string
  /** Credentials of an earlier run, by serial number. */
  stored: ReadonlyMap<string, MemberCredential>
  concurrency: number
  /** Called with each device once it is enrolled, and its number in the fleet. */
  onEnrolled: (member: Member, index: number) => void
  /** Gives a device that has just enrolled its labels. */
  label: ((device: SimulatedDevice, id: string) => Promise<void>) | undefined
  exchange: Exchange
  statistics: Statistics
  clock: Clock
  signal: AbortSignal
}

/**
 * Enrolls devices concurrently, except those with a stored credential. A device that is refused is left out; when the
 * token itself is refused, no further device is tried.
 *
 * @returns the enrolled devices, in their order.
 */
export async function enrollFleet(options: EnrollFleetOptions): Promise<Member[]> {
  const { token, stored, concurrency, onEnrolled, label, exchange, statistics, clock, signal } = options
  const members: (Member | undefined)[] = []
  const pending = numbered(options.devices)
  let isTokenRefused = false

  async function credentialOf(device: SimulatedDevice): Promise<MemberCredential> {
    const known = stored.get(device.enrollment.serialnumber)
    if (known) return known
    const startMs = performance.now()
    const attempt = () =>
      exchange.post(enroll, device.enrollmentRequest(token)).catch((error: unknown) => {
        if (!signal.aborted) statistics.announce(error)
        throw error
      })
    const answer = await withRetries(attempt, { maxRetries, delay: clock.delay, signal })
    statistics.recordLatency(performance.now() - startMs)
    await label?.(device, answer.id)
    return answer
  }

  async function enrollPending(): Promise<void> {
    for (const [index, device] of pending) {
      if (signal.aborted || isTokenRefused) return
      try {
        const member = { device, credential: await credentialOf(device) }
        members[index] = member
        statistics.enrolled += 1
        onEnrolled(member, index)
      } catch (error) {
        if (signal.aborted) return
        statistics.recordError(error)
        isTokenRefused ||= error instanceof ApiError && (error.status === 401 || error.status === 403)
      }
    }
  }

  await Promise.all(Array.from({ length: concurrency }, enrollPending))
  return members.filter((member) => member !== undefined)
}

/** Devices with their numbers, made as they are asked for: a large fleet takes seconds to make. */
function* numbered<D>(devices: Iterable<D>): Generator<[number, D], void, undefined> {
  let index = 0
  for (const device of devices) yield [index++, device]
}
