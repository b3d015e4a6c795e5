import type { RejectedLine } from '@mason/contract/rows'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { isFigure, type UsageLine } from './record.ts'
import { idWasUsed, type WriteBatch, type Written, writeBatch } from './write.ts'

/** What a dry run remembers of a file, to know repeats in it. */
const maxRecords = 250_000

class Undo extends Error {}

/** Writes batches as they would be, finds what became of them, and takes all back. */
export function dryWriter(db: Db, accountId: string): WriteBatch {
  const seen = new Map<string, string>()
  return async (lines, expected) => {
    // Figures are never repeats: the last one counts.
    const [figures, records] = [lines.filter(isFigure), lines.filter((line): line is UsageLine => !isFigure(line))]
    const [fresh, rejected]: [UsageLine[], RejectedLine[]] = [[], []]
    for (const line of records) {
      const known = seen.get(keyOf(line))
      if (known === undefined) fresh.push(line)
      else if (known !== contentOf(line)) rejected.push({ line: line.line, reason: idWasUsed })
    }
    const written = await undone(db, (tx) => writeBatch(tx, accountId, [...fresh, ...figures], expected))
    const refused = new Set(written.rejected.map(({ line }) => line))
    for (const line of fresh) if (!refused.has(line.line)) seen.set(keyOf(line), contentOf(line))
    if (seen.size > maxRecords)
      throw new AppError(
        'invalid_request_error',
        `A dry run takes at most ${maxRecords} records: send part of the file`,
      )
    return { ...written, rejected: [...rejected, ...written.rejected] }
  }
}

async function undone(db: Db, work: (tx: Db) => Promise<Written>): Promise<Written> {
  let outcome: Written | undefined
  try {
    await db.transaction(async (tx) => {
      outcome = await work(tx)
      throw new Undo()
    })
  } catch (error) {
    if (!(error instanceof Undo)) throw error
  }
  if (!outcome) throw new Error('a dry run had no outcome')
  return outcome
}

const keyOf = ({ iccid, id }: UsageLine) => `${iccid} ${id}`
const contentOf = ({ start, end, upload, download }: UsageLine) => `${start} ${end} ${upload} ${download}`
