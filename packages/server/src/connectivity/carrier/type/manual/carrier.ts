import type { CarrierType } from '../../carrier.ts'

/** Nobody to call: a person deals with the operator, and says here what is so. */
export const manual: CarrierType = {
  isImmediate: true,
  requestsPerSecond: 1_000,
  open: () => ({ check: async () => {}, change: async () => ({ is: 'done' }) }),
}
