import type { Scope } from '@mason/contract/scopes'
import sql from 'sql-template-tag'
import type { Db } from '../core/db/database.ts'
import { invalid } from '../core/errors.ts'

const owner: Scope = 'account:owner'

/** @throws AppError (400) where somebody would be an owner and restricted to groups at once: an owner can lift the restriction. */
export function refuseRestrictedOwner(scopes: readonly Scope[], isRestricted: boolean): void {
  if (isRestricted && scopes.includes(owner))
    throw invalid('/groups', `must be left out with the scope ${owner}, which is for the whole account`)
}

interface Principal {
  accountId: string
  id: string
}

/**
 * Restricts a key or user to these groups, and to no others.
 *
 * @throws AppError (400) that names a group which is not there.
 */
export async function restrictTo(tx: Db, { accountId, id }: Principal, groups: readonly string[]): Promise<void> {
  // None of them can be deleted until this is committed; then it is as if it had been deleted afterwards.
  const { rows } = await tx.query<{ name: string }>(sql`
    SELECT name FROM device_group WHERE account_id = ${accountId} AND name = ANY (${groups}) ORDER BY name FOR KEY SHARE`)
  const known = new Set(rows.map(({ name }) => name))
  const missing = groups.findIndex((name) => !known.has(name))
  if (missing !== -1)
    throw invalid(`/groups/${missing}`, `must be a group: there is no ${JSON.stringify(groups[missing])}`)
  await tx.query(sql`
    DELETE FROM restricted_to WHERE account_id = ${accountId} AND principal_id = ${id} AND group_name <> ALL (${groups})`)
  await tx.query(sql`
    INSERT INTO restricted_to (account_id, principal_id, group_name)
    SELECT ${accountId}, ${id}, name FROM unnest(${[...known]}::text[]) AS name ON CONFLICT DO NOTHING`)
}

/** Lifts the restriction of a key or user, or forgets that of one that has ended. */
export async function liftRestriction(tx: Db, { accountId, id }: Principal): Promise<void> {
  await tx.query(sql`DELETE FROM restricted_to WHERE account_id = ${accountId} AND principal_id = ${id}`)
}
