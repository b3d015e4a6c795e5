import type { PageQuery } from '@mason/contract/common'
import type { Scope } from '@mason/contract/scopes'
import { type NewUser, presets, type UserChange } from '@mason/contract/user'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, requireScope, requireToHandOn } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid, notFound } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { isUuid } from '../../core/http/validation.ts'
import { liftRestriction, refuseRestrictedOwner, restrictTo } from '../restrict.ts'
import { readScopes } from '../scopes.ts'
import { normalEmail } from './email.ts'
import { erase } from './erase.ts'
import { issueLink, type Links } from './link.ts'
import { endSessions } from './set-password.ts'

const owner: Scope = 'account:owner'

export function list(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  return readPage(db, { view: 'user_document', key: 'id', keyType: 'uuid', reach: actor }, query)
}

export function get(db: Db, actor: Actor, id: string): Promise<string> {
  return readOne(db, actor, 'user', 'user_document', { id })
}

/** Invites somebody; without a mail server, the document that is returned is the only thing that ever holds the link. */
export async function invite(db: Db, actor: Actor, links: Links, input: NewUser): Promise<string> {
  const scopes = wantedScopes(input)
  if (!scopes) throw invalid('/scopes', 'or a preset is required')
  requireToHandOn(actor, scopes)
  const { groups } = input
  refuseRestrictedOwner(scopes, groups !== undefined)
  const { accountId } = actor
  const [id, email] = [uuidv7(), normalEmail(input.email)]
  return db.transaction(async (tx) => {
    await tx.query(sql`
      INSERT INTO app_user (account_id, id, email, name, scopes, is_restricted)
      VALUES (${accountId}, ${id}, ${email}, ${input.name ?? null}, ${scopes}, ${groups !== undefined})`)
    if (groups) await restrictTo(tx, { accountId, id }, groups)
    const data = { scopes, ...(groups && { groups }) }
    await record(tx, actor, { type: 'user.invited', subject: { kind: 'user', id }, data })
    return withLink(await get(tx, actor, id), await issueLink(tx, links, { accountId, id, email }, 'invitation'))
  })
}

/** Changes name, scopes and groups, disables, or resets. */
export async function change(
  db: Db,
  actor: Actor,
  links: Links,
  id: string,
  { name, disabled, reset = [], groups, ...wanted }: UserChange,
): Promise<string> {
  const scopes = wantedScopes(wanted)
  if (scopes) requireToHandOn(actor, scopes)
  return db.transaction(async (tx) => {
    const user = await findToChange(tx, actor, id)
    wasBefore(tx, await get(tx, actor, id))
    if (disabled || (scopes && !scopes.includes(owner))) await refuseLastOwner(tx, user)
    refuseRestrictedOwner(scopes ?? user.scopes, groups === undefined ? user.isRestricted : groups !== null)
    await update(tx, user, { name, scopes, disabled, reset })
    await regroup(tx, user, groups)
    if (disabled || reset.length > 0) await endSessions(tx, user)
    const link = reset.includes('password') ? await issuePasswordLink(tx, links, user) : undefined
    const data = {
      ...(scopes && { scopes }),
      ...saidOf(groups),
      ...(disabled !== undefined && { disabled }),
      ...(reset.length > 0 && { reset }),
    }
    await record(tx, actor, { type: 'user.changed', subject: { kind: 'user', id }, data })
    return withLink(await get(tx, actor, id), link)
  })
}

async function update(
  tx: Db,
  { accountId, id }: Target,
  {
    name,
    scopes,
    disabled,
    reset,
  }: Pick<UserChange, 'name' | 'disabled'> & {
    scopes: Scope[] | undefined
    reset: NonNullable<UserChange['reset']>
  },
): Promise<void> {
  const [isPasswordReset, isTotpReset] = [reset.includes('password'), reset.includes('totp')]
  await tx.query(sql`
    UPDATE app_user SET
      name = coalesce(${name ?? null}, name),
      scopes = coalesce(${scopes ?? null}::text[], scopes),
      disabled_at = CASE ${disabled ?? null}::boolean WHEN true THEN coalesce(disabled_at, now()) WHEN false THEN NULL
                    ELSE disabled_at END,
      password_hash = CASE WHEN ${isPasswordReset} THEN NULL ELSE password_hash END,
      totp_secret = CASE WHEN ${isTotpReset} THEN NULL ELSE totp_secret END,
      totp_pending = CASE WHEN ${isTotpReset} THEN NULL ELSE totp_pending END,
      token_generation = token_generation + ${disabled || isPasswordReset ? 1 : 0}
    WHERE account_id = ${accountId} AND id = ${id}`)
  if (isTotpReset) await tx.query(sql`DELETE FROM recovery_code WHERE account_id = ${accountId} AND user_id = ${id}`)
}

/** What an event says of a change of groups. */
function saidOf(groups: UserChange['groups']) {
  if (groups === undefined) return {}
  return groups ? { groups } : { unrestricted: true }
}

/** Restricts a user to other groups, or lifts the restriction. */
async function regroup(tx: Db, user: Target, groups: UserChange['groups']): Promise<void> {
  if (groups === undefined) return
  if (groups) await restrictTo(tx, user, groups)
  else await liftRestriction(tx, user)
  await tx.query(sql`
    UPDATE app_user SET is_restricted = ${groups !== null} WHERE account_id = ${user.accountId} AND id = ${user.id}`)
}

/** Who has not joined is invited again. */
const issuePasswordLink = (tx: Db, links: Links, user: Target) =>
  issueLink(tx, links, user, user.hasJoined ? 'reset' : 'invitation')

/** Ends a user. The row stays for a while, unseen and without its secrets, so that every node finds out. */
export async function remove(db: Db, actor: Actor, id: string, isErasure: boolean): Promise<string> {
  if (isErasure) requireScope(actor, 'account:owner')
  return db.transaction(async (tx) => {
    const user = await findToChange(tx, actor, id)
    await refuseLastOwner(tx, user)
    const document = await get(tx, actor, id)
    await tx.query(sql`
      UPDATE app_user SET deleted_at = now(), password_hash = NULL, totp_secret = NULL, totp_pending = NULL,
        token_generation = token_generation + 1
      WHERE account_id = ${user.accountId} AND id = ${id}`)
    await endSessions(tx, user)
    await liftRestriction(tx, user)
    for (const table of [
      sql`user_link`,
      sql`user_identity`,
      sql`recovery_code`,
      sql`known_place`,
      sql`password_history`,
    ])
      await tx.query(sql`DELETE FROM ${table} WHERE account_id = ${user.accountId} AND user_id = ${id}`)
    if (isErasure) await erase(tx, user)
    await record(tx, actor, { type: 'user.removed', subject: { kind: 'user', id } })
    return document
  })
}

function wantedScopes({ scopes, preset }: Pick<UserChange, 'scopes' | 'preset'>): Scope[] | undefined {
  if (scopes && preset) throw invalid('/preset', 'and scopes exclude each other')
  if (preset) return [...presets[preset]]
  return scopes && readScopes(scopes)
}

const withLink = (document: string, link: string | undefined) =>
  link === undefined ? document : document.replace(/}$/, `,"link":${JSON.stringify(link)}}`)

interface Target {
  accountId: string
  id: string
  email: string
  scopes: Scope[]
  isRestricted: boolean
  hasJoined: boolean
  isActive: boolean
}

/**
 * Finds a user whom the actor may change, and holds the account's users still until the transaction ends: who is the last
 * owner is asked of one change at a time.
 */
async function findToChange(tx: Db, actor: Actor, id: string): Promise<Target> {
  if (!isUuid(id)) throw notFound('user')
  await tx.query(sql`SELECT FROM account WHERE id = ${actor.accountId} FOR NO KEY UPDATE`)
  const { rows } = await tx.query<Target>(sql`
    SELECT account_id AS "accountId", id, email, scopes, is_restricted AS "isRestricted", joined_at IS NOT NULL AS "hasJoined",
      joined_at IS NOT NULL AND disabled_at IS NULL AS "isActive"
    FROM app_user WHERE account_id = ${actor.accountId} AND id = ${id} AND deleted_at IS NULL FOR UPDATE`)
  if (!rows[0]) throw notFound('user')
  requireToHandOn(actor, rows[0].scopes)
  return rows[0]
}

async function refuseLastOwner(tx: Db, { accountId, id, scopes, isActive }: Target): Promise<void> {
  if (!isActive || !scopes.includes(owner)) return
  const { rows } = await tx.query<{ exists: boolean }>(sql`
    SELECT EXISTS (SELECT FROM app_user WHERE account_id = ${accountId} AND id <> ${id} AND ${owner} = ANY (scopes)
      AND joined_at IS NOT NULL AND disabled_at IS NULL AND deleted_at IS NULL) AS exists`)
  if (!rows[0]?.exists)
    throw new AppError('conflict_error', 'The last owner of an account can be neither removed, disabled nor demoted')
}
