import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import type { PeriodicJob } from '../jobs/periodic.ts'
import { enqueue, type Task } from '../jobs/queue.ts'
import { queueForMany } from '../notification/service.ts'
import type { Nudge } from '../nudge.ts'
import { happen, type RollOut } from './service.ts'

interface Running {
  group_name: string
  type: string
  name: string
  version: string
  push: boolean
  steps: number[]
  step: number
  max_failure_percent: number
  accepted_failures: number
  is_soaked: boolean
}

/**
 * Carries a roll-out on as far as it can go now. Who is told is written in the transaction that enters the step, so that
 * nobody is told twice, whatever crashes.
 */
export const advanceTask = (nudge: Nudge): Task<RollOut> => ({
  name: 'advance-deployment',
  run: (database, rollOut) =>
    database.transaction(async (tx) => {
      while (await advance(tx, nudge, rollOut));
    }),
})

/** However many roll-outs wait for devices that never answer, so many are looked at in one go. */
const glance = 100

/** Looks at roll-outs that are under way: what devices report does not wake them. */
export const watchDeployments = (advance: Task<RollOut>): PeriodicJob => ({
  name: 'watch-deployments',
  everyMs: 1_000,
  run: async (db) => {
    const { rows } = await db.query<{ accountId: string; id: string }>(
      sql`SELECT account_id AS "accountId", id
          FROM (SELECT account_id, id FROM deployment WHERE state = 'running' ORDER BY random() LIMIT ${glance}) AS chosen
          ORDER BY id`,
    )
    for (const rollOut of rows) await enqueue(db, advance, rollOut, { key: `deployment ${rollOut.id}` })
  },
})

/** @returns whether it entered a step, which may be over already. */
async function advance(tx: Db, nudge: Nudge, rollOut: RollOut): Promise<boolean> {
  const { accountId, id } = rollOut
  const { rows } = await tx.query<Running>(sql`
    SELECT group_name, type, name, version, push, steps, step, max_failure_percent, accepted_failures,
           step_entered_at <= now() - make_interval(mins => soak_minutes) AS is_soaked
    FROM deployment WHERE account_id = ${accountId} AND id = ${id} AND state = 'running' FOR UPDATE`)
  const [running] = rows
  if (!running) return false
  if (running.step === 0) {
    await placeDevices(tx, rollOut, running.group_name)
    await enterStep(tx, nudge, rollOut, running, 1)
    return true
  }
  const isLast = running.step === running.steps.length
  // Who came into the group side by side with this deployment and missed it.
  if (isLast && (await addLate(tx, rollOut, running.group_name))) await tell(tx, nudge, rollOut, running, 100)
  const { told, open, succeeded, failed } = await count(tx, rollOut)
  const failures = Math.max(0, failed - running.accepted_failures)
  // Before all have answered only so many failures count that the share cannot sink any more.
  const answers = open > 0 ? told : failures + succeeded
  if (failures * 100 > running.max_failure_percent * answers) {
    await end(tx, rollOut, 'paused', 'failures')
    return false
  }
  if (open > 0 || !running.is_soaked) return false
  if (isLast) {
    await end(tx, rollOut, 'finished', null)
    return false
  }
  await enterStep(tx, nudge, rollOut, running, running.step + 1)
  return true
}

/** Fixes the order in which devices are told: like shuffled, and the same whoever works it out. */
async function placeDevices(tx: Db, { accountId, id }: RollOut, group: string): Promise<void> {
  await tx.query(sql`
    INSERT INTO deployment_device (account_id, deployment_id, device_id, place)
    SELECT account_id, ${id}, id, row_number() OVER (ORDER BY md5(${id} || id::text))
    FROM device WHERE account_id = ${accountId} AND group_name = ${group}
    ON CONFLICT DO NOTHING`)
}

async function addLate(tx: Db, { accountId, id }: RollOut, group: string): Promise<boolean> {
  const { rowCount } = await tx.query(sql`
    INSERT INTO deployment_device (account_id, deployment_id, device_id)
    SELECT account_id, ${id}, id FROM device AS d WHERE account_id = ${accountId} AND group_name = ${group}
      AND NOT EXISTS (SELECT FROM deployment_device AS r WHERE r.account_id = d.account_id AND r.deployment_id = ${id} AND r.device_id = d.id)
    ON CONFLICT DO NOTHING`)
  return rowCount !== null && rowCount > 0
}

async function enterStep(tx: Db, nudge: Nudge, rollOut: RollOut, running: Running, step: number): Promise<void> {
  const { accountId, id } = rollOut
  await tx.query(sql`
    UPDATE deployment SET step = ${step}, step_entered_at = now() WHERE account_id = ${accountId} AND id = ${id}`)
  await tell(tx, nudge, rollOut, running, step === running.steps.length ? 100 : (running.steps[step - 1] ?? 100))
  await happen(tx, system(accountId), id, 'step')
}

/** Tells the first of the order, up to this share of the group; at 100 % those who joined later as well. */
async function tell(tx: Db, nudge: Nudge, { accountId, id }: RollOut, running: Running, share: number): Promise<void> {
  const { rows } = await tx.query<{ device_id: string }>(sql`
    WITH member AS (
      SELECT device_id, state, row_number() OVER (ORDER BY place) AS turn, count(*) OVER () AS total
      FROM deployment_device
      WHERE account_id = ${accountId} AND deployment_id = ${id} AND state <> 'withdrawn' AND (place IS NOT NULL OR ${share} = 100))
    UPDATE deployment_device AS r SET state = 'told', told_at = now() FROM member AS m
    WHERE r.account_id = ${accountId} AND r.deployment_id = ${id} AND r.device_id = m.device_id
      AND m.state = 'waiting' AND m.turn <= ceil(m.total * ${share}::numeric / 100)
    RETURNING r.device_id`)
  const devices = rows.map((row) => row.device_id)
  if (devices.length === 0) return
  const ahead = running.type === 'config' ? await findAhead(tx, accountId, devices, running) : []
  await tx.query(sql`SELECT desire(${accountId}, ${devices}::uuid[])`)
  const actor = system(accountId)
  if (ahead.length > 0) await queueForMany(tx, nudge, actor, ahead, 'wipe')
  if (running.push) await queueForMany(tx, nudge, actor, devices, 'refresh')
}

/** Those that have a newer version of the project: an older one can only be put on after a reset (contract §5). */
async function findAhead(tx: Db, accountId: string, devices: string[], { name, version }: Running): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(sql`
    SELECT d.id FROM device AS d JOIN desired_state AS s ON s.account_id = d.account_id AND s.revision = d.desired
    WHERE d.account_id = ${accountId} AND d.id = ANY (${devices}::uuid[])
      AND s.project = ${name} AND s.project_version::numeric > ${version}::numeric`)
  return rows.map(({ id }) => id)
}

/** A device that was offline ever since it was told holds nobody up. */
async function count(tx: Db, { accountId, id }: RollOut) {
  const { rows } = await tx.query<{ told: number; open: number; succeeded: number; failed: number }>(sql`
    SELECT count(*)::int AS told, count(*) FILTER (WHERE r.state = 'succeeded')::int AS succeeded,
           count(*) FILTER (WHERE r.state = 'failed')::int AS failed,
           count(*) FILTER (WHERE r.state = 'told' AND (d.online OR d.last_checkin >= r.told_at))::int AS open
    FROM deployment_device AS r JOIN device AS d ON d.account_id = r.account_id AND d.id = r.device_id
    WHERE r.account_id = ${accountId} AND r.deployment_id = ${id} AND r.state IN ('told', 'succeeded', 'failed')`)
  return rows[0] ?? { told: 0, open: 0, succeeded: 0, failed: 0 }
}

async function end(tx: Db, { accountId, id }: RollOut, state: string, reason: string | null): Promise<void> {
  await tx.query(sql`
    UPDATE deployment SET state = ${state}, reason = ${reason}, finished_at = CASE ${state} WHEN 'finished' THEN now() END
    WHERE account_id = ${accountId} AND id = ${id}`)
  await happen(tx, system(accountId), id, state)
}

const system = (accountId: string) => ({ kind: 'system', accountId, id: 'roll-out' }) as const
