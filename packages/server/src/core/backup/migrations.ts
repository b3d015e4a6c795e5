import { type Migration, readSchema } from '../db/migration-files.ts'
import type { Head } from './contents.ts'
import { newer } from './faults.ts'

/**
 * The migrations that a backup's database had; what this program has beyond them runs at its next start.
 *
 * @throws when this program does not know one of them.
 */
export async function migrationsOf({ migrations, program }: Head): Promise<Migration[]> {
  const known = await readSchema()
  return migrations.map(({ version, name }) => {
    const migration = known.migrations.find((one) => one.version === version && one.name === name)
    if (migration) return migration
    throw newer(program, `the migration ${name}`)
  })
}
