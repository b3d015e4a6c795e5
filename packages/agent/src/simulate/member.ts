import { intervalMs } from '../check-in/interval.ts'
import type { Report } from '../check-in/report.ts'
import { basicAuthorization } from '../http/basic.ts'
import type { SimulatedDevice } from './simulated-device.ts'

/** The credential of a simulated device. */
export interface MemberCredential {
  id: string
  secret: string
  checkinSeconds: number
}

/** A simulated device that is enrolled, and how far its talk with the platform is. */
export interface Member {
  readonly device: SimulatedDevice
  readonly credential: MemberCredential
  readonly authorization: string
  /** Milliseconds between check-ins. */
  usualMs: number
  /** What the server surely holds. */
  known: Report | undefined
  /** Check-ins that failed in a row. */
  failures: number
}

/** A device that has just got its credential, or got it in an earlier run. */
export function memberOf(device: SimulatedDevice, credential: MemberCredential): Member {
  const usualMs = intervalMs(credential.checkinSeconds)
  const authorization = basicAuthorization(credential)
  return { device, credential, authorization, usualMs, known: undefined, failures: 0 }
}
