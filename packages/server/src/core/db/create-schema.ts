import type { Db } from './database.ts'
import { applyDefinitions } from './definitions.ts'
import { migrationTable, stagesOf, validations } from './migrate.ts'
import { type Schema, statementsOf } from './migration-files.ts'
import { plain } from './patience.ts'

/**
 * Makes a schema in one transaction, in a database that nobody uses yet, in the order in which `migrate` does. Nothing has to be
 * built beside others, and no portion has a row.
 */
export async function createSchema(tx: Db, { migrations, definitions }: Schema): Promise<void> {
  await tx.query(migrationTable)
  const stages = stagesOf(migrations)
  for (const [index, { together, after }] of stages.entries()) {
    for (const { text } of together) await tx.query(plain(text))
    if (index === stages.length - 1) await applyDefinitions(tx, definitions)
    for (const statement of after.flatMap(statementsOf))
      await tx.query(plain(statement.replace(' INDEX CONCURRENTLY ', ' INDEX ')))
  }
  for (const statement of await validations(tx)) await tx.query(plain(statement))
}
