import { readApplied } from '../../../core/db/migrate.ts'
import { isSealed, openSealer } from '../../../core/encryption-key.ts'
import { ofDatabase } from '../check.ts'

/** Whether the key at hand is the one that the database was sealed with. */
export const encryptionKey = ofDatabase('encryption key', async (database, { config }) => {
  const isNew = (await readApplied(database)).size === 0 || !(await isSealed(database))
  if (isNew) return { skipped: 'nothing is sealed yet; the first start makes or takes a key' }
  await openSealer(database, config)
  return { seen: "it is the database's" }
})
