import type { EnrollAnswer } from '@mason/contract/enrollment'
import type { SimulatedDevice } from '../device/simulated-device.ts'

/** The credential of a simulated device. */
export type MemberCredential = EnrollAnswer

/** A simulated device that is enrolled. */
export interface Member {
  readonly device: SimulatedDevice
  readonly credential: MemberCredential
}
