import type { NewApiKey } from '@mason/contract/apikey'
import type { PageQuery } from '@mason/contract/common'
import type { Scope } from '@mason/contract/scopes'
import { parseTime } from '@mason/contract/time'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, requireToEnd, requireToHandOn } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { invalid, notFound } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { generateKey, hashSecret } from '../../core/key.ts'
import { isAddressRange } from '../../core/settings/addresses.ts'
import { liftRestriction, refuseRestrictedOwner, restrictTo } from '../restrict.ts'
import { readScopes } from '../scopes.ts'

const shownCharacters = 'mason_'.length + 4

export function list(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  return readPage(db, { view: 'api_key_document', key: 'id', keyType: 'uuid', reach: actor }, query)
}

export function get(db: Db, actor: Actor, id: string): Promise<string> {
  return readOne(db, actor, 'API key', 'api_key_document', { id })
}

/** Makes a key; the document that is returned is the only thing that ever holds it. */
export async function create(db: Db, actor: Actor, input: NewApiKey): Promise<string> {
  const scopes = readScopes(input.scopes)
  requireToHandOn(actor, scopes)
  const { groups } = input
  refuseRestrictedOwner(scopes, groups !== undefined)
  const expiresAt = input.expiresAt === undefined ? null : (parseTime(input.expiresAt) ?? null)
  if (expiresAt && expiresAt.getTime() <= Date.now()) throw invalid('/expiresAt', 'must be in the future')
  for (const [index, range] of (input.allowedIps ?? []).entries())
    if (!isAddressRange(range)) throw invalid(`/allowedIps/${index}`, 'must be an IP address or a CIDR range')
  const key = generateKey()
  const document = await db.transaction(async (tx) => {
    const id = await insert(tx, actor.accountId, key, { ...input, scopes, expiresAt })
    if (groups) await restrictTo(tx, { accountId: actor.accountId, id }, groups)
    const data = { name: input.name, scopes, ...(groups && { groups }) }
    await record(tx, actor, { type: 'key.created', subject: { kind: 'key', id }, data })
    return get(tx, actor, id)
  })
  return document.replace(/}$/, `,"key":${JSON.stringify(key)}}`)
}

interface KeyFields {
  name: string
  scopes: Scope[]
  groups?: readonly string[]
  expiresAt?: Date | null
  allowedIps?: string[]
  rateLimit?: NewApiKey['rateLimit']
}

/** Writes a key that somebody else has checked: `create`, or the first start. */
export async function insert(db: Db, accountId: string, key: string, fields: KeyFields): Promise<string> {
  const id = uuidv7()
  const { name, scopes, groups, expiresAt = null, allowedIps = null, rateLimit } = fields
  await db.query(sql`
    INSERT INTO api_key (account_id, id, name, prefix, hash, scopes, is_restricted, expires_at, allowed_ips, rate_limit)
    VALUES (${accountId}, ${id}, ${name}, ${key.slice(0, shownCharacters)}, ${hashSecret(key)}, ${scopes},
            ${groups !== undefined}, ${expiresAt}, ${allowedIps}, ${rateLimit ? JSON.stringify(rateLimit) : null})`)
  return id
}

/**
 * Ends a key, for somebody who holds all its scopes. The row stays, unseen, so that every node finds out.
 *
 * @throws AppError (403) where a scope is missing; an owner's last key is no exception, as owners end it themselves alone.
 */
export async function remove(db: Db, actor: Actor, id: string): Promise<string> {
  return db.transaction(async (tx) => {
    const document = await get(tx, actor, id)
    const { rows } = await tx.query<{ scopes: Scope[] }>(sql`
      UPDATE api_key SET deleted_at = clock_timestamp()
      WHERE account_id = ${actor.accountId} AND id = ${id} AND deleted_at IS NULL RETURNING scopes`)
    if (!rows[0]) throw notFound('API key')
    requireToEnd(actor, rows[0].scopes)
    await liftRestriction(tx, { accountId: actor.accountId, id })
    await record(tx, actor, { type: 'key.deleted', subject: { kind: 'key', id } })
    return document
  })
}
