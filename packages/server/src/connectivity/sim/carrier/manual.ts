import type { Carrier, CarrierAnswer } from './carrier.ts'

const done = async (): Promise<CarrierAnswer> => ({ is: 'done' })

/** Nobody to call: a person deals with the operator, and says here what is so. */
export const manual: Carrier = {
  isImmediate: true,
  activate: done,
  suspend: done,
  deactivate: done,
  async *pullUsage() {},
}
