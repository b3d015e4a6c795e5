import type { PageQuery } from '@mason/contract/common'
import { exportScopes } from '@mason/contract/export'
import { scopeOf } from '@mason/contract/notification'
import type { NewSchedule, ScheduleAction, ScheduleChange } from '@mason/contract/schedule'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, requireScope } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, notFound } from '../../core/errors.ts'
import { actorDocument, record } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { isUuid } from '../../core/http/validation.ts'
import { nextDue } from './due.ts'

const mostOfAccount = 1_000

export function list(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  return readPage(db, { view: 'schedule_document', key: 'id', keyType: 'uuid', reach: actor }, query)
}

export function get(db: Db, actor: Actor, id: string): Promise<string> {
  return readOne(db, actor, 'schedule', 'schedule_document', { id })
}

/** It runs in its own name: whoever makes or changes it must be allowed to do what it does. */
function requireActionScope(actor: Actor, action: ScheduleAction): void {
  requireScope(actor, 'export' in action ? exportScopes[action.export.kind] : scopeOf(action.notification.type))
}

export async function create(db: Db, actor: Actor, input: NewSchedule): Promise<string> {
  const { name, cron, timezone, action, enabled = true } = input
  requireActionScope(actor, action)
  const due = nextDue({ cron, timezone }, new Date())
  return db.transaction(async (tx) => {
    await refuseTooMany(tx, actor)
    const id = uuidv7()
    await tx.query(sql`
      INSERT INTO schedule (account_id, id, name, cron, timezone, action, next_run_at, created_by)
      VALUES (${actor.accountId}, ${id}, ${name}, ${cron}, ${timezone}, ${JSON.stringify(action)},
              ${enabled ? due : null}, ${actorDocument(actor)})`)
    await recordChange(tx, actor, id, 'created')
    return get(tx, actor, id)
  })
}

/** Other times count from now on; a change of anything else leaves the next run as it is. */
export async function change(db: Db, actor: Actor, id: string, input: ScheduleChange): Promise<string> {
  return db.transaction(async (tx) => {
    const before = await lock(tx, actor, id)
    wasBefore(tx, await get(tx, actor, id))
    const { name, cron, timezone, action, enabled } = { ...before, ...input }
    requireActionScope(actor, before.action)
    requireActionScope(actor, action)
    const isSameTime = before.enabled && cron === before.cron && timezone === before.timezone
    const due = nextDue({ cron, timezone }, new Date())
    await tx.query(sql`
      UPDATE schedule SET name = ${name}, cron = ${cron}, timezone = ${timezone},
        action = ${input.action ? sql`${JSON.stringify(input.action)}::json` : sql`action`},
        next_run_at = CASE WHEN NOT ${enabled} THEN NULL WHEN ${isSameTime} THEN next_run_at ELSE ${due}::timestamptz END
      WHERE account_id = ${actor.accountId} AND id = ${id}`)
    await recordChange(tx, actor, id, 'updated')
    return get(tx, actor, id)
  })
}

export async function remove(db: Db, actor: Actor, id: string): Promise<string> {
  return db.transaction(async (tx) => {
    await lock(tx, actor, id)
    const document = await get(tx, actor, id)
    await tx.query(sql`DELETE FROM schedule WHERE account_id = ${actor.accountId} AND id = ${id}`)
    await recordChange(tx, actor, id, 'deleted')
    return document
  })
}

/** A run that is under way is waited for. @throws AppError when there is none. */
async function lock(tx: Db, { accountId }: Actor, id: string): Promise<Required<NewSchedule>> {
  const { rows } = await tx.query<Required<NewSchedule>>(sql`
    SELECT name, cron, timezone, action, next_run_at IS NOT NULL AS enabled FROM schedule
    WHERE account_id = ${accountId} AND id = ${isUuid(id) ? id : null} FOR UPDATE`)
  if (!rows[0]) throw notFound('schedule')
  return rows[0]
}

const recordChange = (tx: Db, actor: Actor, id: string, what: string) =>
  record(tx, actor, { type: `schedule.${what}`, subject: { kind: 'schedule', id } })

/** Those that make one at the same time wait for each other. */
async function refuseTooMany(tx: Db, { accountId }: Actor): Promise<void> {
  await tx.query(sql`SELECT FROM account WHERE id = ${accountId} FOR NO KEY UPDATE`)
  const { rows } = await tx.query<{ count: number }>(sql`
    SELECT count(*)::int AS count FROM schedule WHERE account_id = ${accountId}`)
  if ((rows[0]?.count ?? 0) >= mostOfAccount)
    throw new AppError('conflict_error', `An account has at most ${mostOfAccount} schedules: delete one first`)
}
