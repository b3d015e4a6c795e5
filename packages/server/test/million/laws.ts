import { expect } from 'vitest'
import { describePlan, isBounded } from './plans.ts'
import type { Recording, Transaction } from './recorder.ts'

/** Law 1 of the design: what grows with the fleet works in portions of so many rows … */
const portion = 1_000
/** … and no transaction holds its locks for longer; a machine that others use as well may need more. */
const longestMs = Number(process.env.MILLION_LONGEST_MS ?? 200)

const describeTransaction = ({ ms, changed, text }: Transaction) =>
  `${changed} rows in ${Math.round(ms)} ms: ${text.replaceAll(/\s+/g, ' ').slice(0, 300)}`

/** Transactions that broke the first law. One of each kind may be slow by chance: a checkpoint, a busy machine. */
function tooLong({ transactions }: Recording): string[] {
  const kinds = Map.groupBy(transactions, ({ text }) => text)
  return [...kinds.values()].flatMap((ofKind) => {
    const large = ofKind.filter(({ changed }) => changed > portion)
    const slow = ofKind.filter(({ ms }) => ms > longestMs)
    const many = slow.length > Math.max(1, ofKind.length / 50) ? slow : []
    return [...large, ...many].slice(0, 3).map(describeTransaction)
  })
}

/** What was done obeyed the laws: short transactions, and plans that are bounded by what they are for. */
export function expectLawful(recording: Recording): void {
  const plans = Map.groupBy(
    recording.statements.filter((ran) => !isBounded(ran)),
    ({ text }) => text,
  )
  const faults = [
    ...tooLong(recording),
    ...[...plans.values()].flatMap(([first]) => (first ? describePlan(first) : [])),
  ]
  expect(faults.join('\n')).toBe('')
}
