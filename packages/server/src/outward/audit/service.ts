import type { AuditQuery } from '@mason/contract/audit'
import { readIccid } from '@mason/contract/identifiers'
import { parseDayOrTime } from '@mason/contract/time'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { horizon } from '../event/service.ts'

export async function list(db: Db, actor: Actor, query: AuditQuery): Promise<Page> {
  const { accountId } = actor
  const end = await horizon(db)
  const { event, ...filters } = query
  const conditions = [
    ...conditionsOf(filters, await lookUp(db, accountId, filters)),
    ...(event === undefined ? [] : [isOfChange(event)]),
  ]
  const where = conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`
  const view = sql`SELECT * FROM audit_document WHERE id < ${end}`
  return readPage(db, { view, key: 'id', keyType: 'text', reach: actor, where, isOrdered: true }, query)
}

type Filters = Pick<AuditQuery, 'actor' | 'action' | 'subject' | 'start' | 'end'>

/** What the filters come to in the trail. */
interface LookedUp {
  subject: string | null
  /** The ids between which the entries of these times lie. */
  from: string | null
  to: string | null
}

/** PostgreSQL plans a list with what it knows beforehand. */
async function lookUp(db: Db, accountId: string, filters: Filters): Promise<LookedUp> {
  const { subject, from, to } = placesOf(accountId, filters)
  const { rows } = await db.query<LookedUp>(
    sql`SELECT (${subject})::text AS subject, (${from})::text AS "from", (${to})::text AS "to"`,
  )
  return rows[0] ?? { subject: null, from: null, to: null }
}

/** The same as expressions. */
export function placesOf(accountId: string, { subject, start, end }: Filters): Record<keyof LookedUp, Sql> {
  const nearest = (condition: Sql, none: string) => sql`
    coalesce((SELECT id FROM audit_entry WHERE account_id = ${accountId} AND ${condition} LIMIT 1), ${none})`
  return {
    // A SIM stands in the trail by the hash of its ICCID.
    subject:
      subject === undefined
        ? sql`NULL`
        : sql`coalesce((SELECT token FROM audit_identity WHERE account_id = ${accountId} AND value = ${readIccid(subject) ?? subject}), ${subject})`,
    // Ids follow times but for the length of a transaction and a clock that is set: no list begins before, and none ends after.
    from:
      start === undefined
        ? sql`NULL`
        : nearest(sql`time >= ${utc(start)}::timestamptz - interval '1 hour' ORDER BY time`, '~'),
    to:
      end === undefined
        ? sql`NULL`
        : nearest(sql`time < ${utc(end)}::timestamptz + interval '1 hour' ORDER BY time DESC`, ''),
  }
}

/** The filters as conditions on `audit_document`. */
export function* conditionsOf(
  filters: Filters,
  { subject, from, to }: LookedUp | Record<keyof LookedUp, Sql>,
): Generator<Sql> {
  const { actor, action, start, end } = filters
  if (actor !== undefined) yield sql`actor_id = ${actor}`
  if (action !== undefined) yield sql`action = ${action}`
  if (filters.subject !== undefined) yield sql`subject_id = ${subject}`
  if (start !== undefined) yield sql`time >= ${utc(start)}::timestamptz AND id >= ${from}`
  if (end !== undefined) yield sql`time < ${utc(end)}::timestamptz AND id <= ${to}`
}

/** The ids of what one transaction wrote begin alike. */
const isOfChange = (event: string) =>
  /^[0-9a-f]{28}$/.test(event) ? sql`id >= ${event.slice(0, 16)} AND id < ${`${event.slice(0, 16)}g`}` : sql`false`

const utc = (text: string) => parseDayOrTime(text)?.toISOString() ?? null
