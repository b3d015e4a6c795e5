import type { EnrollRequest } from '@mason/contract/enrollment'
import { withLuhnDigit } from '@mason/contract/identifiers'
import type { Family } from './families.ts'
import { Random } from './random.ts'

/** What a device is enrolled as. */
export type Identity = Pick<EnrollRequest, 'serialnumber' | 'imei'>

const serialDigits = 9
const imeiDigits = 6

/**
 * The serial number and IMEI of a device of a simulation. They count up from a lot that the seed chooses, as a maker's do,
 * and so are unique within a fleet of up to a million.
 */
export function identityOf(family: Family, seed: number, index: number): Identity {
  const lot = new Random(seed, lotStream).integer(0, 10 ** serialDigits - 1)
  const serialnumber = family.serialPrefix + lastDigits(lot + index, serialDigits)
  if (family.tac === undefined) return { serialnumber }
  return { serialnumber, imei: withLuhnDigit(family.tac + lastDigits(lot + index, imeiDigits)) }
}

/** A 19-digit ICCID of a carrier that no other device of the simulation has. Source: ITU-T E.118. */
export function iccidOf(iccidPrefix: string, seed: number, index: number): string {
  const length = 18 - iccidPrefix.length
  const lot = new Random(seed, lotStream).integer(0, 10 ** serialDigits - 1)
  return withLuhnDigit(iccidPrefix + lastDigits(lot + index, length))
}

// Devices have the streams from 0 up.
const lotStream = -1

const lastDigits = (number: number, count: number) => String(number % 10 ** count).padStart(count, '0')
