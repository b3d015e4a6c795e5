import { randomInt } from 'node:crypto'
import { withLuhnDigit } from '@mason/contract/identifiers'

/** A word that occurs nowhere else, to be looked for in what others are shown. */
export const uniqueWord = (prefix: string) => `${prefix}-${crypto.randomUUID()}`

/** An ICCID that no other SIM has. */
export const newIccid = () => withLuhnDigit(`8988${String(randomInt(2 ** 46)).padStart(14, '0')}`)

export const uniquePackage = () => `com.example.a${crypto.randomUUID().replaceAll('-', '')}`
