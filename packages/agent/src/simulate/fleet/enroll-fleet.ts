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
  const { token, stored, concurrency, exchange, statistics, clock, signal } = options
  const members: (Member | undefined)[] = []
  const pending = [...options.devices].entries()
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
    return answer
  }

  async function enrollPending(): Promise<void> {
    for (const [index, device] of pending) {
      if (signal.aborted || isTokenRefused) return
      try {
        members[index] = { device, credential: await credentialOf(device) }
        statistics.enrolled += 1
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
