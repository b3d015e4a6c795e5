import type { Db } from '../db/database.ts'
import type { Change } from './draft.ts'
import { writeEntry } from './write.ts'

/** Writes the entry of what the server's own command does: whoever can start it needs no credential. */
export const byCommand = (
  tx: Db,
  accountId: string,
  action: string,
  subject: { kind: string; id: string },
  change: Change = {},
): Promise<void> =>
  writeEntry(tx, { accountId, actor: { kind: 'system', id: 'mason-server' }, action, subject }, change)
