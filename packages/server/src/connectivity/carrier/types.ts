import type { CarrierTypeName } from '@mason/contract/carrier-type'
import type { CarrierType } from './carrier.ts'
import { oneNce } from './type/1nce/carrier.ts'
import { emnify } from './type/emnify/carrier.ts'
import { manual } from './type/manual/carrier.ts'
import { simulated } from './type/simulated/carrier.ts'
import { soracom } from './type/soracom/carrier.ts'
import { telnyx } from './type/telnyx/carrier.ts'

/** Every type of connections: a folder each, and an entry in the contract. */
export const carrierTypesByName: Readonly<Record<CarrierTypeName, CarrierType>> = {
  manual,
  simulated,
  '1nce': oneNce,
  telnyx,
  emnify,
  soracom,
}

/** The names of those that nobody is called for. */
export const immediateTypes = Object.entries(carrierTypesByName).flatMap(([name, { isImmediate }]) =>
  isImmediate ? name : [],
)
