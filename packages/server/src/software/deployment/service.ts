import type { PageQuery } from '@mason/contract/common'
import type { DeploymentChange, NewDeployment, Rollout } from '@mason/contract/deployment'
import { deviceFields } from '@mason/contract/filter/fields'
import type { Window } from '@mason/contract/window'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, isRestricted } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid, notFound } from '../../core/errors.ts'
import { actorDocument } from '../../core/event/record.ts'
import { readFilter } from '../../core/filter/read.ts'
import { filterOfView } from '../../core/filter/view.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { isUuid } from '../../core/http/validation.ts'
import { enqueue, type Task } from '../../core/jobs/queue.ts'
import { inGroups } from '../../core/reach.ts'
import { readNotBefore, requireTimezone } from '../../core/window.ts'
import type { ArtifactKey } from '../artifact/service.ts'
import { findContent, withWindow } from './content.ts'
import { refuseForKinds, refuseForMatching } from './for-kinds.ts'
import { type Advance, assign, lockFree, type RollOut } from './running.ts'

export function list(db: Db, actor: Actor, { group, ...query }: PageQuery & { group?: string }): Promise<Page> {
  const where = group === undefined ? {} : { where: sql`AND group_name = ${group}` }
  return readPage(db, { view: 'deployment_document', key: 'id', keyType: 'uuid', reach: actor, ...where }, query)
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
  const hanging = { device: 'device_id' }
  return readPage(db, { view, key: 'device_id', keyType: 'uuid', reach: actor, hanging, ...where }, query)
}

/** Has a roll-out carried on, once the change is committed: by one worker at a time, however many ask for it. */
export function carryOn(tx: Db, advance: Task<RollOut>, rollOut: RollOut): Promise<void> {
  const name = `deployment ${rollOut.id}`
  return enqueue(tx, advance, rollOut, { key: name, queue: name })
}

/** Without a roll-out all are told at once, and nothing has to be proven. */
const everywhere: Rollout = { steps: [100], soakMinutes: 0, maxFailurePercent: 100 }

const dayMinutes = 1_440
/** A window may open on a single day of the week. */
const minutesWithWindow = 8 * dayMinutes

/** How long a step may wait. @throws AppError when it could never pass. */
function timeoutOf({ soakMinutes, stepTimeoutMinutes }: Rollout, window: Window | undefined): number {
  const usual = window ? minutesWithWindow : dayMinutes
  if (stepTimeoutMinutes === undefined) return soakMinutes < usual ? usual : soakMinutes + dayMinutes
  if (stepTimeoutMinutes <= soakMinutes)
    throw invalid('/rollout/stepTimeoutMinutes', `must be more than soakMinutes, which is ${soakMinutes}`)
  return stepTimeoutMinutes
}

/** Deploys to a group, or to devices that match a filter; it begins once this is committed. What was on its way in the same slot goes no further. */
export async function create(db: Db, advance: Advance, actor: Actor, input: NewDeployment): Promise<string> {
  const { type, name, push = false, rollout = everywhere, window } = input
  const notBefore = readNotBefore(input.notBefore)
  const { steps, soakMinutes, maxFailurePercent, minSuccessPercent = 50 } = rollout
  const timeout = input.rollout ? timeoutOf(input.rollout, window) : null
  if (steps.at(-1) !== 100 || steps.some((share, index) => share <= (steps[index - 1] ?? 0)))
    throw invalid('/rollout/steps', 'must rise up to 100')
  const { accountId } = actor
  return db.transaction(async (tx) => {
    const target = await findTarget(tx, actor, input)
    await requireTimezone(tx, window?.timezone)
    const found = await findContent(tx, accountId, input)
    const { version } = found
    const content = window ? withWindow(found.content, window) : found.content
    const { apps } = found.content
    if (target.group !== null) await refuseForKinds(tx, accountId, { type, group: target.group }, apps)
    if (target.filter !== null) await refuseForMatching(tx, accountId, advance.matching(target.filter), apps)
    const id = uuidv7()
    await tx.query(sql`
      INSERT INTO deployment (account_id, id, group_name, view_id, filter, type, name, version, push, steps, soak_minutes, max_failure_percent,
                              min_success_percent, step_timeout_minutes, content, created_by, not_before, time_window)
      VALUES (${accountId}, ${id}, ${target.group}, ${target.view}, ${target.filter}, ${type}, ${name}, ${version}, ${push}, ${steps}, ${soakMinutes},
              ${maxFailurePercent}, ${minSuccessPercent}, ${timeout}, ${JSON.stringify(content)}, ${actorDocument(actor)},
              ${notBefore}, ${window ? JSON.stringify(window) : null})`)
    await recordDeployment(tx, actor, id, 'created')
    await supersede(tx, actor, id, target)
    await carryOn(tx, advance, { accountId, id })
    return get(tx, actor, id)
  })
}

type For = Readonly<Record<'group' | 'view' | 'filter', string | null>>
const none: For = { group: null, view: null, filter: null }

/** What a deployment is for. @throws AppError when it is not one thing, or there is no such group or view. */
async function findTarget(tx: Db, actor: Actor, { group, view, filter }: NewDeployment): Promise<For> {
  const named = Object.entries({ group, view, filter }).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  const [first, second] = named
  if (first === undefined) throw invalid('/group', 'is required, or in its place a view or a filter')
  if (second !== undefined) throw invalid(`/${second}`, `must be left out when there is a ${first}`)
  if (group !== undefined) return { ...none, group: await requireGroup(tx, actor, group) }
  if (view !== undefined) return { ...none, view, filter: await filterOfView(tx, actor, 'device', view) }
  if (isRestricted(actor)) throw invalid('/filter', 'must be left out: you are restricted, and deploy to your groups')
  readFilter(filter ?? '', deviceFields)
  return { ...none, filter: filter ?? null }
}

/** Locks the group: devices that are on their way into it are in it before, or find the deployment. */
async function requireGroup(tx: Db, actor: Actor, group: string): Promise<string> {
  const { rowCount } = await tx.query(sql`
    SELECT FROM device_group AS g WHERE account_id = ${actor.accountId} AND name = ${group} ${inGroups(actor, sql`g.name`)}
    FOR UPDATE`)
  if (rowCount === 0) throw new AppError('not_found_error', `There is no group ${JSON.stringify(group)}`)
  return group
}

/** Cancels what is under way in the slot of a new deployment. Who was told of it keeps it until told of the new one. */
async function supersede(tx: Db, actor: Actor, id: string, { group }: For): Promise<void> {
  const { accountId } = actor
  const isForTheSame =
    group === null
      ? sql`d.filter IS NOT NULL AND (d.view_id = n.view_id OR d.filter = n.filter)`
      : sql`d.group_name = n.group_name`
  const { rows: earlier } = await tx.query<{ id: string }>(sql`
    SELECT d.id FROM deployment AS n JOIN deployment AS d USING (account_id, slot)
    WHERE n.account_id = ${accountId} AND n.id = ${id} AND d.id <> n.id AND d.state IN ('running', 'paused')
      AND ${isForTheSame}
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
    const before = await lockState(tx, actor, id)
    wasBefore(tx, await get(tx, actor, id))
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
async function lockState(tx: Db, actor: Actor, id: string): Promise<string> {
  const { rows } = await tx.query<{ state: string }>(sql`
    SELECT state FROM deployment AS d
    WHERE account_id = ${actor.accountId} AND id = ${isUuid(id) ? id : null} ${inGroups(actor, sql`d.group_name`)}
    FOR NO KEY UPDATE`)
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
             jsonb_strip_nulls(jsonb_build_object('group', group_name, 'view', view_id, 'filter', filter, 'type', type, 'name', name, 'version', version,
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
