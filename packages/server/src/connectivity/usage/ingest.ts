import { maxRejected, type RejectedLine } from '@mason/contract/rows'
import type { UsageIngest } from '@mason/contract/usage'
import type { Rows } from '../../core/http/rows/read.ts'
import { type RecordReading, readRecord, type UsageEntry } from './record.ts'
import type { Expectation, WriteBatch } from './write.ts'

/** Sorted, a larger batch finds more of its records on the same pages; but who comes between waits for it (0.2 s). */
const batchSize = 10_000

/**
 * Takes in records as they arrive: while one batch is written the next is read, and no more than that. They are committed
 * in the order of their lines, so what a cut leaves is a prefix.
 */
export async function ingest(
  writeBatch: WriteBatch,
  { batches, ignored }: Rows,
  reading: RecordReading,
): Promise<UsageIngest> {
  const outcome = { accepted: 0, duplicates: 0 }
  const rejected: RejectedLine[] = []
  let rejectedTotal = 0
  const reject = (lines: RejectedLine[]) => {
    rejectedTotal += lines.length
    rejected.push(...lines.slice(0, Math.max(0, maxRejected - rejected.length)))
  }
  let expected: Expectation = { repeats: false, unknownSims: false }
  let writing = Promise.resolve()
  const write = async (records: UsageEntry[], faults: RejectedLine[]) => {
    const written = await writeBatch(records, expected)
    const duplicates = records.length - written.accepted - written.rejected.length
    outcome.accepted += written.accepted
    outcome.duplicates += duplicates
    expected = written.found
    reject([...faults, ...written.rejected].sort((a, b) => a.line - b.line))
  }
  let records: UsageEntry[] = []
  let faults: RejectedLine[] = []
  const flush = async () => {
    await writing
    writing = write(records, faults)
    // Who awaits it may do so only after it has failed.
    writing.catch(() => {})
    records = []
    faults = []
  }
  const now = Date.now()
  try {
    for await (const rows of batches)
      for (const row of rows) {
        const record = readRecord(row, reading, now)
        if (typeof record === 'string') faults.push({ line: row.line, reason: record })
        else records.push(record)
        if (records.length + faults.length === batchSize) await flush()
      }
    await flush()
  } finally {
    await writing
  }
  return {
    ...outcome,
    ...(ignored.length > 0 && { ignoredColumns: ignored }),
    rejected,
    ...(rejectedTotal > rejected.length && { rejectedTotal }),
  }
}
