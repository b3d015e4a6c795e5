import type { Db } from '../../core/db/database.ts'
import { verifyChain } from './verify.ts'

/**
 * Verifies the audit trails of these accounts and prints what was found, with the anchor of each.
 *
 * @returns whether all are whole.
 */
export async function verifyAll(
  db: Db,
  accounts: { id: string; name: string }[],
  anchor: string | undefined,
  print: (line: string) => void,
): Promise<boolean> {
  let isWhole = true
  for (const { id, name } of accounts) {
    const { first, last, anchor: end, fault } = await verifyChain(db, id, anchor)
    const kept = last < first ? 'no entries yet' : `entries ${first} to ${last}`
    if (fault === undefined) print(`${name}\twhole, ${kept}; anchor ${end}`)
    else print(`${name}\tNOT WHOLE: ${fault}; whole before: ${kept}`)
    isWhole &&= fault === undefined
  }
  return isWhole
}
