import { unassigned } from '@mason/contract/group'
import type { AccountChange } from '@mason/contract/user'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import { readOne } from '../../core/http/read-one.ts'
import { localReader } from '../../core/http/rows/local-time.ts'
import { generateKey } from '../../core/key.ts'
import { insert } from '../apikey/service.ts'

export interface Account {
  id: string
  name: string
}

/** A name that can stand in a path. */
const slug = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Makes an account with its group `unassigned` and an owner key. */
export async function create(
  db: Db,
  name: string,
  key = generateKey(),
  isOperator = false,
): Promise<{ account: Account; key: string }> {
  if (!slug.test(name))
    throw new AppError(
      'invalid_request_error',
      'An account name has 1 to 63 lower-case letters, digits and inner hyphens',
    )
  return db.transaction(async (tx) => {
    const account = { id: uuidv7(), name }
    await tx.query(sql`INSERT INTO account (id, name, is_operator) VALUES (${account.id}, ${name}, ${isOperator})`)
    await tx.query(sql`INSERT INTO device_group (account_id, name) VALUES (${account.id}, ${unassigned})`)
    await insert(tx, account.id, key, { name: 'owner', scopes: ['account:owner'] })
    return { account, key }
  })
}

export async function list(db: Db): Promise<{ id: string; name: string; devices: number; createdAt: Date }[]> {
  const { rows } = await db.query<{ id: string; name: string; devices: number; createdAt: Date }>(sql`
    SELECT a.id, a.name, coalesce(c.value, 0)::int AS devices, a.created_at AS "createdAt"
    FROM account AS a LEFT JOIN counter_total AS c ON c.account_id = a.id AND c.kind = 'devices'
    ORDER BY a.id`)
  return rows
}

/** The account of this name, or the platform's first one. */
export async function find(db: Db, name?: string): Promise<Account | undefined> {
  const { rows } = await db.query<Account>(
    name === undefined
      ? sql`SELECT id, name FROM account WHERE is_operator`
      : sql`SELECT id, name FROM account WHERE name = ${name}`,
  )
  return rows[0]
}

export function get(db: Db, actor: Actor): Promise<string> {
  return readOne(db, actor, 'account', 'account_document')
}

export async function change(
  db: Db,
  actor: Actor,
  { totpRequired, timezone, xrayReasonRequired, xrayShellsRecorded }: AccountChange,
): Promise<string> {
  localReader(timezone)
  return db.transaction(async (tx) => {
    await tx.query(sql`SELECT FROM account WHERE id = ${actor.accountId} FOR NO KEY UPDATE`)
    wasBefore(tx, await get(tx, actor))
    await tx.query(sql`
      UPDATE account SET totp_required = coalesce(${totpRequired ?? null}, totp_required), timezone = coalesce(${timezone ?? null}, timezone),
        xray_reason_required = coalesce(${xrayReasonRequired ?? null}, xray_reason_required),
        xray_shells_recorded = coalesce(${xrayShellsRecorded ?? null}, xray_shells_recorded)
      WHERE id = ${actor.accountId}`)
    const subject = { kind: 'account', id: actor.accountId }
    const data = {
      ...(totpRequired !== undefined && { totpRequired }),
      ...(timezone !== undefined && { timezone }),
      ...(xrayReasonRequired !== undefined && { xrayReasonRequired }),
      ...(xrayShellsRecorded !== undefined && { xrayShellsRecorded }),
    }
    await record(tx, actor, { type: 'account.changed', subject, data })
    return get(tx, actor)
  })
}
