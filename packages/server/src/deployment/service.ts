import type { PageQuery } from '@mason/contract/common'
import type { DeploymentChange, NewDeployment, Rollout } from '@mason/contract/deployment'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor } from '../actor.ts'
import type { ArtifactKey } from '../artifact/service.ts'
import type { Db } from '../db/database.ts'
import { AppError, invalid, notFound } from '../errors.ts'
import { actorDocument, record } from '../event/record.ts'
import { type Page, readPage } from '../http/page.ts'
import { isUuid } from '../http/validation.ts'
import { enqueue, type Task } from '../jobs/queue.ts'
import { findContent } from './content.ts'

export function list(db: Db, actor: Actor, { group, ...query }: PageQuery & { group?: string }): Promise<Page> {
  const where = group === undefined ? {} : { where: sql`AND group_name = ${group}` }
  return readPage(
    db,
    { view: 'deployment_document', key: 'id', keyType: 'uuid', accountId: actor.accountId, ...where },
    query,
  )
}

export async function get(db: Db, actor: Actor, id: string): Promise<string> {
  const { rows } = await db.query<{ document: string }>(sql`
    SELECT document::text FROM deployment_document
    WHERE account_id = ${actor.accountId} AND id = ${isUuid(id) ? id : null}`)
  if (!rows[0]) throw notFound('deployment')
  return rows[0].document
}

export async function listDevices(
  db: Db,
  actor: Actor,
  id: string,
  { state, ...query }: PageQuery & { state?: string },
): Promise<Page> {
  await get(db, actor, id)
  const where = state === undefined ? {} : { where: sql`AND state = ${state}` }
  // The id is a UUID: it was found.
  const view = `deployment_devices('${id}')`
  return readPage(db, { view, key: 'device_id', keyType: 'uuid', accountId: actor.accountId, ...where }, query)
}

/** The roll-out of one deployment, to be carried on. */
export interface RollOut {
  accountId: string
  id: string
}

/** Without a roll-out all are told at once, and nothing has to be proven. */
const everywhere: Rollout = { steps: [100], soakMinutes: 0, maxFailurePercent: 100 }

const dayMinutes = 1_440

/** How long a step may wait. @throws AppError when it could never pass. */
function timeoutOf({ soakMinutes, stepTimeoutMinutes }: Rollout): number {
  if (stepTimeoutMinutes === undefined) return soakMinutes < dayMinutes ? dayMinutes : soakMinutes + dayMinutes
  if (stepTimeoutMinutes <= soakMinutes)
    throw invalid('/rollout/stepTimeoutMinutes', `must be more than soakMinutes, which is ${soakMinutes}`)
  return stepTimeoutMinutes
}

/** Deploys to a group; it begins once this is committed. What was on its way in the same slot goes no further. */
export async function create(db: Db, advance: Task<RollOut>, actor: Actor, input: NewDeployment): Promise<string> {
  const { group, type, name, push = false, rollout = everywhere } = input
  const { steps, soakMinutes, maxFailurePercent, minSuccessPercent = 50 } = rollout
  const timeout = input.rollout ? timeoutOf(input.rollout) : null
  if (steps.at(-1) !== 100 || steps.some((share, place) => share <= (steps[place - 1] ?? 0)))
    throw invalid('/rollout/steps', 'must rise up to 100')
  const { accountId } = actor
  return db.transaction(async (tx) => {
    // Devices that are on their way into the group are in it before, or find the deployment.
    const { rowCount } = await tx.query(
      sql`SELECT FROM device_group WHERE account_id = ${accountId} AND name = ${group} FOR UPDATE`,
    )
    if (rowCount === 0) throw new AppError('not_found_error', `There is no group ${JSON.stringify(group)}`)
    const { version, content } = await findContent(tx, accountId, input)
    const id = uuidv7()
    await tx.query(sql`
      INSERT INTO deployment (account_id, id, group_name, type, name, version, push, steps, soak_minutes, max_failure_percent,
                              min_success_percent, step_timeout_minutes, content, created_by, unplaced)
      VALUES (${accountId}, ${id}, ${group}, ${type}, ${name}, ${version}, ${push}, ${steps}, ${soakMinutes},
              ${maxFailurePercent}, ${minSuccessPercent}, ${timeout}, ${JSON.stringify(content)}, ${actorDocument(actor)},
              coalesce((SELECT value FROM counter_total
                        WHERE account_id = ${accountId} AND kind = 'group' AND key = ${group}), 0))`)
    await happen(tx, actor, id, 'created')
    const { rows: earlier } = await tx.query<{ id: string }>(sql`
      UPDATE deployment AS d SET state = 'canceled', reason = 'superseded', finished_at = now() FROM deployment AS n
      WHERE n.account_id = ${accountId} AND n.id = ${id} AND d.account_id = n.account_id AND d.group_name = n.group_name
        AND d.slot = n.slot AND d.id <> n.id AND d.state IN ('running', 'paused')
      RETURNING d.id`)
    for (const one of earlier) await happen(tx, actor, one.id, 'canceled')
    await enqueue(tx, advance, { accountId, id })
    return get(tx, actor, id)
  })
}

/** Pauses, resumes or cancels. */
export async function change(
  db: Db,
  advance: Task<RollOut>,
  actor: Actor,
  id: string,
  { state }: DeploymentChange,
): Promise<string> {
  const { accountId } = actor
  return db.transaction(async (tx) => {
    const { rows } = await tx.query<{ state: string }>(sql`
      SELECT state FROM deployment WHERE account_id = ${accountId} AND id = ${isUuid(id) ? id : null} FOR UPDATE`)
    if (!rows[0]) throw notFound('deployment')
    const { state: before } = rows[0]
    if (before === state) return get(tx, actor, id)
    if (before !== 'running' && before !== 'paused')
      throw new AppError('conflict_error', `The deployment is ${before} already`)
    const key = sql`account_id = ${accountId} AND id = ${id}`
    if (state === 'paused') await tx.query(sql`UPDATE deployment SET state = 'paused', reason = 'asked' WHERE ${key}`)
    if (state === 'running') await resume(tx, accountId, id)
    if (state === 'canceled') await cancel(tx, accountId, id)
    await happen(tx, actor, id, state === 'running' ? 'resumed' : state)
    if (state === 'running') await enqueue(tx, advance, { accountId, id })
    return get(tx, actor, id)
  })
}

/** Whoever resumes has seen the failures so far: it pauses for new ones. The step has its whole time again. */
async function resume(tx: Db, accountId: string, id: string): Promise<void> {
  await tx.query(sql`
    UPDATE deployment SET state = 'running', reason = NULL, period = period + 1,
      step_entered_at = CASE WHEN step > 0 THEN now() END
    WHERE account_id = ${accountId} AND id = ${id}`)
}

/** Devices that have it keep it; the others go on with what they had before. How far they were stays written down. */
async function cancel(tx: Db, accountId: string, id: string): Promise<void> {
  await tx.query(sql`
    UPDATE deployment SET state = 'canceled', reason = 'asked', finished_at = now()
    WHERE account_id = ${accountId} AND id = ${id}`)
  const { rows } = await tx.query<{ device_id: string }>(sql`
    SELECT device_id FROM deployment_device
    WHERE account_id = ${accountId} AND deployment_id = ${id} AND state IN ('told', 'failed')`)
  await tx.query(sql`SELECT desire(${accountId}, ${rows.map((row) => row.device_id)}::uuid[])`)
}

/** Writes an event of a deployment as it is now. */
export async function happen(
  tx: Db,
  actor: Pick<Actor, 'kind' | 'id' | 'accountId'>,
  id: string,
  what: string,
): Promise<void> {
  const { rows } = await tx.query<{ data: Record<string, unknown> }>(sql`
    SELECT jsonb_strip_nulls(jsonb_build_object('group', group_name, 'type', type, 'name', name, 'version', version,
             'step', step, 'share', steps[step], 'reason', reason)) AS data
    FROM deployment WHERE account_id = ${actor.accountId} AND id = ${id}`)
  await record(tx, actor, {
    type: `deployment.${what}`,
    subject: { kind: 'deployment', id },
    data: rows[0]?.data ?? {},
  })
}

/** The project that is deployed to a group, if any. */
export async function projectOf(db: Db, accountId: string, group: string): Promise<string | undefined> {
  const { rows } = await db.query<{ name: string }>(sql`
    SELECT name FROM deployment
    WHERE account_id = ${accountId} AND group_name = ${group} AND slot = 'config' AND state <> 'canceled'
    ORDER BY id DESC LIMIT 1`)
  return rows[0]?.name
}

/** Whether a device may download this: it was told to have it. */
export async function isToHave(
  db: Db,
  { accountId, id }: Actor,
  { type, name, version }: ArtifactKey,
): Promise<boolean> {
  const part = JSON.stringify([{ name, version }])
  const { rows } = await db.query<{ isToHave: boolean }>(sql`
    SELECT EXISTS (
      SELECT FROM device AS d JOIN desired_state AS s ON s.account_id = d.account_id AND s.revision = d.desired
      WHERE d.account_id = ${accountId} AND d.id = ${id} AND CASE ${type}::text
        WHEN 'apk' THEN s.document -> 'apps' @> ${part}::jsonb
        WHEN 'media' THEN s.document -> 'config' -> 'media' @> ${part}::jsonb
        WHEN 'config' THEN s.project = ${name} AND s.project_version = ${version}
        WHEN 'ota' THEN s.os_release = ${version} AND ${name}::text = 'mason-os' END) AS "isToHave"`)
  return rows[0]?.isToHave === true
}
