import type { HotReads } from '../../core/db/hot.ts'
import { type Reach, reaches } from '../../core/reach.ts'

interface Waiting {
  reach: Reach
  id: string
  resolve(document: string | undefined): void
  reject(error: unknown): void
}

/** Reads the document of a device, or undefined where none of this id is within the reach. */
export type DeviceReader = (reach: Reach, id: string) => Promise<string | undefined>

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

  return (reach, id) =>
    new Promise((resolve, reject) => {
      waiting.push({ reach, id, resolve, reject })
      if (waiting.length === 1) setImmediate(flush)
      else if (waiting.length === maxBatch) flush()
    })
}

async function readBatch(hot: HotReads, batch: Waiting[]): Promise<void> {
  try {
    const { rows } = await hot.query<{ position: string; document: string; group: string }>({
      name: 'devices',
      text: `SELECT t.position::text, d.document, d.group_name AS "group"
             FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS t (account_id, id, position)
             JOIN device_document AS d ON d.account_id = t.account_id AND d.id = t.id`,
      values: [batch.map(({ reach }) => reach.accountId), batch.map(({ id }) => id)],
      binary: true,
    })
    const devices = new Map(rows.map((device) => [Number(device.position), device]))
    for (const [index, { reach, resolve }] of batch.entries()) {
      const device = devices.get(index + 1)
      resolve(device && reaches(reach, device.group) ? device.document : undefined)
    }
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}
