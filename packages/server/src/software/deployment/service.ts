import type { PageQuery } from '@mason/contract/common'
import type { DeploymentChange, NewDeployment, Rollout } from '@mason/contract/deployment'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid, notFound } from '../../core/errors.ts'
import { actorDocument } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { isUuid } from '../../core/http/validation.ts'
import { enqueue, type Task } from '../../core/jobs/queue.ts'
import type { ArtifactKey } from '../artifact/service.ts'
import { findContent } from './content.ts'
import { assign, lockFree, type RollOut } from './running.ts'

export function list(db: Db, actor: Actor, { group, ...query }: PageQuery & { group?: string }): Promise<Page> {
  const where = group === undefined ? {} : { where: sql`AND group_name = ${group}` }
  return readPage(
    db,
    { view: 'deployment_document', key: 'id', keyType: 'uuid', accountId: actor.accountId, ...where },
    query,
  )
}

export function get(db: Db, actor: Actor, id: string): Promise<string> {
  return readOne(db, actor, 'deployment', 'deployment_document', { id })
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

/** Has a roll-out carried on, once the change is committed: by one worker at a time, however many ask for it. */
export function carryOn(tx: Db, advance: Task<RollOut>, rollOut: RollOut): Promise<void> {
  const name = `deployment ${rollOut.id}`
  return enqueue(tx, advance, rollOut, { key: name, queue: name })
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
  if (steps.at(-1) !== 100 || steps.some((share, index) => share <= (steps[index - 1] ?? 0)))
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
                              min_success_percent, step_timeout_minutes, content, created_by)
      VALUES (${accountId}, ${id}, ${group}, ${type}, ${name}, ${version}, ${push}, ${steps}, ${soakMinutes},
              ${maxFailurePercent}, ${minSuccessPercent}, ${timeout}, ${JSON.stringify(content)}, ${actorDocument(actor)})`)
    await recordDeployment(tx, actor, id, 'created')
    await supersede(tx, actor, id)
    await carryOn(tx, advance, { accountId, id })
    return get(tx, actor, id)
  })
}

/** Cancels what is under way in the slot of a new deployment. Who was told of it keeps it until told of the new one. */
async function supersede(tx: Db, actor: Actor, id: string): Promise<void> {
  const { accountId } = actor
  const { rows: earlier } = await tx.query<{ id: string }>(sql`
    SELECT d.id FROM deployment AS n JOIN deployment AS d USING (account_id, group_name, slot)
    WHERE n.account_id = ${accountId} AND n.id = ${id} AND d.id <> n.id AND d.state IN ('running', 'paused')
    FOR NO KEY UPDATE OF d`)
  for (const one of earlier) {
    await cancel(tx, accountId, one.id, 'superseded')
    await recordDeployment(tx, actor, one.id, 'canceled')
  }
}

/** Pauses, resumes or cancels: at once, however many devices it is for. */
export async function change(
  db: Db,
  advance: Task<RollOut>,
  actor: Actor,
  id: string,
  { state }: DeploymentChange,
): Promise<string> {
  const { accountId } = actor
  return db.transaction(async (tx) => {
    const before = await lockState(tx, accountId, id)
    if (before === state) return get(tx, actor, id)
    if (before !== 'running' && before !== 'paused')
      throw new AppError('conflict_error', `The deployment is ${before} already`)
    await moveTo[state](tx, accountId, id)
    await recordDeployment(tx, actor, id, state === 'running' ? 'resumed' : state)
    if (state !== 'paused') await carryOn(tx, advance, { accountId, id })
    return get(tx, actor, id)
  })
}

/** Locks a deployment for a change. @returns its state. */
async function lockState(tx: Db, accountId: string, id: string): Promise<string> {
  const { rows } = await tx.query<{ state: string }>(sql`
    SELECT state FROM deployment WHERE account_id = ${accountId} AND id = ${isUuid(id) ? id : null} FOR NO KEY UPDATE`)
  if (!rows[0]) throw notFound('deployment')
  return rows[0].state
}

const moveTo = { paused: pause, running: resume, canceled: cancel } as const

async function pause(tx: Db, accountId: string, id: string): Promise<void> {
  await tx.query(sql`
    UPDATE deployment SET state = 'paused', reason = 'asked' WHERE account_id = ${accountId} AND id = ${id}`)
}

/** Whoever resumes has seen the failures so far: it pauses for new ones. The step has its whole time again. */
async function resume(tx: Db, accountId: string, id: string): Promise<void> {
  await tx.query(sql`
    UPDATE deployment SET state = 'running', reason = NULL, period = period + 1,
      step_entered_at = CASE WHEN step > 0 THEN now() END
    WHERE account_id = ${accountId} AND id = ${id}`)
}

/**
 * Devices that have it keep it; the others go on with what they had before, except those that a newer one will be offered to. Its
 * counts stay as they are now.
 */
async function cancel(tx: Db, accountId: string, id: string, reason: 'asked' | 'superseded' = 'asked'): Promise<void> {
  await tx.query(sql`
    UPDATE deployment AS d SET state = 'canceled', reason = ${reason}, finished_at = now(), unplaced = unplaced_devices(d),
      to_withdraw = ${reason === 'asked'}
    WHERE account_id = ${accountId} AND id = ${id}`)
  if (reason === 'asked') await withdrawFromFew(tx, accountId, id)
}

/** So many devices are done while somebody waits for the answer. */
const withdrawnAtOnce = 100

/** From a small group a deployment is withdrawn by the cancel itself; the task sees to a larger one, and to devices that are locked. */
async function withdrawFromFew(tx: Db, accountId: string, id: string): Promise<void> {
  const { rows } = await tx.query<{ device_id: string; state: string }>(sql`
    SELECT device_id, state FROM deployment_device
    WHERE account_id = ${accountId} AND deployment_id = ${id} ORDER BY device_id LIMIT ${withdrawnAtOnce + 1}`)
  if (rows.length > withdrawnAtOnce) return
  const offered = rows.filter(({ state }) => state === 'told' || state === 'failed')
  const devices = offered.map(({ device_id: device }) => device)
  await assign(tx, accountId, await lockFree(tx, accountId, devices))
}

/** Writes an event of a deployment as it is now. */
export async function recordDeployment(
  tx: Db,
  actor: Pick<Actor, 'kind' | 'id' | 'accountId'>,
  id: string,
  what: string,
): Promise<void> {
  await tx.query(sql`
    SELECT record_events(ARRAY[ROW(account_id, ${`deployment.${what}`}, ${actorDocument(actor)},
             jsonb_build_object('kind', 'deployment', 'id', id), NULL,
             jsonb_strip_nulls(jsonb_build_object('group', group_name, 'type', type, 'name', name, 'version', version,
               'step', step, 'share', steps[step], 'reason', reason)))::new_event])
    FROM deployment WHERE account_id = ${actor.accountId} AND id = ${id}`)
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
