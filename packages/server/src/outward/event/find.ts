import type { Event, EventStreamQuery } from '@mason/contract/event'
import { readIccid } from '@mason/contract/identifiers'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { beginningWith } from '../../core/db/prefix.ts'
import { type Side, sideWords } from '../../core/http/side.ts'
import { isUuid } from '../../core/http/validation.ts'

/** What the filters ask of an event `e`, as a condition that begins with AND. */
export function conditionsOf({ type, device, ...filters }: EventStreamQuery): Sql {
  const { subject, actor, job, single } = filters
  const conditions = [
    ...(type === undefined || type === '' ? [] : [ofType(type)]),
    ...(device === undefined ? [] : [isUuid(device) ? sql`e.device_id = ${device}` : sql`false`]),
    ...(subject === undefined ? [] : [ofSubject(subject)]),
    ...(actor === undefined ? [] : [ofActor(actor)]),
    ...(job === undefined ? [] : [ofJob(job)]),
    ...(single ? [isSingle] : []),
  ]
  return conditions.length === 0 ? empty : sql`AND ${join(conditions, ' AND ')}`
}

const ofType = (type: string) => (type.endsWith('.') ? sql`e.type LIKE ${beginningWith(type)}` : sql`e.type = ${type}`)

/** Ids of resources are written in one way. */
const written = (id: string) => (isUuid(id) ? id.toLowerCase() : (readIccid(id) ?? id))

const ofSubject = (id: string) => sql`e.subject ->> 'id' = ${written(id)}`
// The conditions of the indexes are repeated as they are (migrations/0083_event_places.concurrent.sql).
const ofActor = (id: string) =>
  sql`e.actor ->> 'id' = ${written(id)} AND NOT e.actor ->> 'kind' IN ('device', 'system')`
const ofJob = (id: string) => sql`e.data ->> 'job' = ${written(id)} AND e.data ? 'job'`
const isSingle = sql`NOT (e.data ? 'batch' OR e.data ? 'job')`

/** The same of an event that is at hand, without its type and device. */
export function isWanted(
  event: Pick<Event, 'subject' | 'actor' | 'data'>,
  { subject, actor, job, single }: Omit<EventStreamQuery, 'type' | 'device'>,
): boolean {
  const { kind, id } = event.actor
  return (
    (subject === undefined || event.subject.id === written(subject)) &&
    (actor === undefined || (id === written(actor) && kind !== 'device' && kind !== 'system')) &&
    (job === undefined || event.data.job === written(job)) &&
    !(single && ('batch' in event.data || 'job' in event.data))
  )
}

interface Search {
  accountId: string
  end: string
  query: EventStreamQuery
  side: Side
}

/**
 * Finds the events of a subject, an actor or a job, or those that are part of no batch or job. The account is written as a text:
 * that leaves PostgreSQL the index which is made for it alone. It might walk over all events of the account.
 */
export async function findEvents(db: Db, { accountId, end, query, side }: Search): Promise<string[]> {
  const { order, range } = sideWords(side, sql`e.id`, 'text')
  const first = (account: Sql, more: Sql = empty) => sql`
    (SELECT e.id FROM event AS e WHERE ${account} AND e.id < ${end} ${conditionsOf(query)} ${more} ${range}
     ORDER BY e.id ${order} LIMIT ${side.most})`
  const byText = sql`e.account_id::text = ${accountId}`
  const byId = sql`e.account_id = ${accountId}`
  const { subject } = query
  const parts =
    subject === undefined
      ? [first(byText)]
      : [
          first(byText, sql`AND NOT e.subject ->> 'kind' IN ('device', 'notification')`),
          ...(isUuid(subject) ? devicesAbout(accountId, subject).map((device) => first(byId, device)) : []),
        ]
  const { rows } = await db.query<{ id: string }>(sql`
    SELECT id FROM (${join(parts, ' UNION ALL ')}) AS found ORDER BY id COLLATE "C" ${order} LIMIT ${side.most}`)
  return rows.map(({ id }) => id)
}

/** Events of devices and of their commands, of which there are most, are found by the device. */
const devicesAbout = (accountId: string, subject: string): Sql[] => [
  sql`AND e.device_id = ${subject}`,
  sql`AND e.device_id = (SELECT device_id FROM notification WHERE account_id = ${accountId} AND id = ${subject})`,
]
