import type { CarrierName } from '@mason/contract/sim'
import type { Carrier } from './carrier.ts'
import { manual } from './manual.ts'
import { simulated } from './simulated.ts'

export const carriers: Readonly<Record<CarrierName, Carrier>> = { manual, simulated }

/** The names of those that nobody is called for. */
export const immediateCarriers = Object.entries(carriers).flatMap(([name, { isImmediate }]) =>
  isImmediate ? name : [],
)
