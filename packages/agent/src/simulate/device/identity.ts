import type { EnrollRequest } from '@mason/contract/enrollment'
import { withLuhnDigit } from '@mason/contract/identifiers'
import { Random } from '../random.ts'
import type { Family } from './families.ts'

/** The serial number and IMEI that a device enrolls with. */
export type Identity = Pick<EnrollRequest, 'serialnumber' | 'imei'>

const serialDigits = 9
const imeiDigits = 6

/**
 * The serial number and IMEI of a simulated device. They count up from a number that the seed decides, and so are unique
 * within a fleet of up to a million.
 */
export function identityOf(family: Family, seed: number, index: number): Identity {
  const first = new Random(seed, identityStream).integer(0, 10 ** serialDigits - 1)
  const serialnumber = family.serialPrefix + lastDigits(first + index, serialDigits)
  if (family.tac === undefined) return { serialnumber }
  return { serialnumber, imei: withLuhnDigit(family.tac + lastDigits(first + index, imeiDigits)) }
}

/** A 19-digit ICCID that is unique within the simulation. Source: ITU-T E.118. */
export function iccidOf(iccidPrefix: string, seed: number, index: number): string {
  const length = 18 - iccidPrefix.length
  const first = new Random(seed, identityStream).integer(0, 10 ** serialDigits - 1)
  return withLuhnDigit(iccidPrefix + lastDigits(first + index, length))
}

// Devices use the streams from 0 up.
const identityStream = -1

const lastDigits = (number: number, count: number) => String(number % 10 ** count).padStart(count, '0')
