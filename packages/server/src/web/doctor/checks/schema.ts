import { isCurrent, newest, readApplied } from '../../../core/db/migrate.ts'
import { readSchema } from '../../../core/db/migration-files.ts'
import { ofDatabase } from '../check.ts'

/** Whether the database is as this program makes it. */
export const schema = ofDatabase('schema', async (database) => {
  const wanted = await readSchema()
  const applied = Math.max(0, ...(await readApplied(database)))
  const ours = newest(wanted)
  if (applied === 0) return { skipped: 'the database is new; the first start sets it up' }
  if (applied > ours)
    return {
      faults: [`The database is at version ${applied} and this program knows only ${ours}; run the newer program`],
    }
  if (await isCurrent(database, wanted)) return { seen: `version ${ours}` }
  return {
    warnings: [
      `The database is at version ${applied}, not quite that of this program (${ours}); the next start, or mason-server migrate, brings it there`,
    ],
  }
})
