import { expect } from 'vitest'
import { describePlan, isBounded } from './plans.ts'
import type { Recording, Transaction } from './recorder.ts'

/** Law 1 of the design: no transaction holds its locks for longer than 200 ms, and what grows with the fleet works in portions. */
export interface Limits {
  /** How many rows one statement may lock. */
  atOnce?: number
  /** How many rows one transaction may look at and write, which says on any machine how long it is. */
  touched?: number
  /** How long it may take by the clock, on a machine that does nothing else. */
  longestMs?: number
  /** How many rows all of it answers with, where no statement returns them: an export. */
  answer?: number
  /** How many rows a statement may look at whatever it returns. */
  read?: number
}

const longestByEnvironment = Number(process.env.MILLION_LONGEST_MS ?? Infinity)

const describeTransaction = ({ ms, locked, touched, text }: Transaction) =>
  `locked ${locked} rows and touched ${Math.round(touched)} in ${Math.round(ms)} ms: ${text.replaceAll(/\s+/g, ' ').slice(0, 300)}`

/** Transactions that broke the first law, three of each kind. */
function tooLong(
  { transactions }: Recording,
  { atOnce = 1_000, touched = 50_000, longestMs = longestByEnvironment }: Limits,
): Transaction[] {
  const kinds = Map.groupBy(transactions, ({ text }) => text)
  return [...kinds.values()].flatMap((ofKind) => {
    const large = ofKind.filter((one) => one.locked > atOnce || one.touched > touched)
    const slow = ofKind.filter(({ ms }) => ms > longestMs)
    // A few of many may be slow by chance, as in a checkpoint.
    return [...large, ...(slow.length > ofKind.length / 50 ? slow : [])].slice(0, 3)
  })
}

/** What broke the laws: long transactions, and plans that are not bounded by what they are for. */
export const faultsOf = (recording: Recording, limits: Limits = {}): string[] => [
  ...tooLong(recording, limits).map(describeTransaction),
  ...[...recording.unbounded.values()].filter((ran) => !isBounded(ran, limits.answer, limits.read)).map(describePlan),
]

export function expectLawful(recording: Recording, limits?: Limits): void {
  expect(faultsOf(recording, limits).join('\n')).toBe('')
}
