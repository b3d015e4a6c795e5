import type { PageQuery } from '@mason/contract/common'
import type { NewEnrollment } from '@mason/contract/enrollment'
import { unassigned } from '@mason/contract/group'
import { dayMs, parseTime } from '@mason/contract/time'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, isRestricted } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { invalid, notFound } from '../../core/errors.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { hashSecret, randomBase62 } from '../../core/key.ts'
import { inGroups, reaches } from '../../core/reach.ts'
import { noGroup } from '../group/service.ts'
import { type QrSettings, setUpOf } from './qr.ts'

/** How long the QR code of a token that never expires leads to an APK of the registry. */
const setUpDays = 365

export function list(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  return readPage(db, { view: 'enrollment_document', key: 'id', keyType: 'uuid', reach: actor }, query)
}

export function get(db: Db, actor: Actor, id: string): Promise<string> {
  return readOne(db, actor, 'enrollment token', 'enrollment_document', { id })
}

/** Makes a token; the document that is returned is the only thing that ever holds it. */
export async function create(db: Db, actor: Actor, input: NewEnrollment, qr: QrSettings): Promise<string> {
  const { maxUses = null, note = null, allowTakeover = false, kind = 'mason' } = input
  const group = groupFor(actor, input.group)
  if (kind === 'mason' && input.apk) throw invalid('/apk', 'is for the agents of others: the settings name the own one')
  const expiresAt = input.expiresAt === undefined ? null : (parseTime(input.expiresAt) ?? null)
  if (expiresAt && expiresAt.getTime() <= Date.now()) throw invalid('/expiresAt', 'must be in the future')
  const [id, token] = [uuidv7(), `enroll_${randomBase62(32)}`]
  const document = await db.transaction(async (tx) => {
    const { rowCount } = await tx.query(sql`
      INSERT INTO enrollment (account_id, id, token_hash, group_name, expires_at, max_uses, note, allow_takeover, kind,
                              is_restricted)
      SELECT account_id, ${id}, ${hashSecret(token)}, name, ${expiresAt}, ${maxUses}, ${note}, ${allowTakeover}, ${kind},
             ${isRestricted(actor)}
      FROM device_group AS g WHERE account_id = ${actor.accountId} AND name = ${group} ${inGroups(actor, sql`g.name`)}
      FOR KEY SHARE`)
    if (rowCount === 0) throw noGroup(group)
    return get(tx, actor, id)
  })
  const until = expiresAt ?? new Date(Date.now() + setUpDays * dayMs)
  const secrets = JSON.stringify({ token, ...(await setUpOf(db, actor.accountId, token, input, qr, until)) })
  return `${document.slice(0, -1)},${secrets.slice(1)}`
}

/** The group of a token that names none. @throws AppError (400) where that would be one that the actor does not have. */
function groupFor(actor: Actor, named: string | undefined): string {
  if (named !== undefined) return named
  if (reaches(actor, unassigned)) return unassigned
  throw invalid('/group', `is required: you are restricted to ${actor.groups?.join(', ') || 'groups that are no more'}`)
}

export async function remove(db: Db, actor: Actor, id: string): Promise<string> {
  return db.transaction(async (tx) => {
    const document = await get(tx, actor, id)
    const { rowCount } = await tx.query(
      sql`DELETE FROM enrollment WHERE account_id = ${actor.accountId} AND id = ${id}`,
    )
    if (rowCount === 0) throw notFound('enrollment token')
    return document
  })
}
