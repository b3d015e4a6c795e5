import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { portion } from '../../core/jobs/portion.ts'

/** Forgets what a deleted group of this name left, portion by portion. */
export async function forget(db: Db, accountId: string, name: string): Promise<void> {
  while (await forgetPortion(db, accountId, name));
}

async function forgetPortion(db: Db, accountId: string, name: string): Promise<boolean> {
  const { rows } = await db.query<{ isMore: boolean }>(sql`
    SELECT forget_group(${accountId}, ${name}, ${portion}) AS "isMore"`)
  return rows[0]?.isMore === true
}

/** Forgets what a crash, or a program of the version before, has left. */
export const forgetGroups: PeriodicJob = {
  name: 'forget-groups',
  everyMs: 60_000,
  run: async (tx) => {
    const { rows } = await tx.query<{ account_id: string; name: string }>(sql`
      SELECT account_id, name FROM deleted_group LIMIT 1 FOR UPDATE SKIP LOCKED`)
    const [gone] = rows
    if (!gone) return false
    await forgetPortion(tx, gone.account_id, gone.name)
    return true
  },
}
