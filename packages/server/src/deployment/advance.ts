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
  min_success_percent: number
  has_passed: boolean
  is_soaked: boolean
  is_timed_out: boolean
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

/** However many deployments wait for devices that are away, so many are looked at in one go. */
const glance = 100

/** Looks at deployments that are under way: first at those of which devices have just been heard, then at some of the others. */
export const watchDeployments = (advance: Task<RollOut>): PeriodicJob => ({
  name: 'watch-deployments',
  everyMs: 1_000,
  run: async (db) => {
    const { rows } = await db.query<{ accountId: string; id: string }>(sql`
      WITH running AS (SELECT account_id, id FROM deployment WHERE state = 'running'),
           heard AS (SELECT DISTINCT account_id, split_part(key, '/', 1)::uuid AS id FROM counter_difference WHERE kind = 'deployment')
      SELECT account_id AS "accountId", id
      FROM ((SELECT account_id, id FROM heard JOIN running USING (account_id, id) LIMIT ${glance})
            UNION (SELECT account_id, id FROM running ORDER BY random() LIMIT ${glance})) AS chosen
      ORDER BY id`)
    for (const rollOut of rows) await enqueue(db, advance, rollOut, { key: `deployment ${rollOut.id}` })
  },
})

/** @returns whether it told devices, which may be enough for the next step already. */
async function advance(tx: Db, nudge: Nudge, rollOut: RollOut): Promise<boolean> {
  const running = await findRunning(tx, rollOut)
  if (!running) return false
  if (running.step === 0) {
    await placeDevices(tx, rollOut, running.group_name)
    await enterStep(tx, nudge, rollOut, running, 1)
    return true
  }
  const counts = await count(tx, rollOut, running.step)
  const isLast = running.step === running.steps.length
  if (isLast && counts.waiting > 0) return tell(tx, nudge, rollOut, running, running.step)
  if (counts.failures * 100 > running.max_failure_percent * (counts.failures + counts.succeeded))
    return end(tx, rollOut, 'paused', 'failures')
  if (counts.waiting + counts.told === 0) return end(tx, rollOut, 'finished', null)
  // All of a step's devices left before they proved anything: others take their places, where the share asks for them.
  if (counts.told_in_step === 0 && (await tell(tx, nudge, rollOut, running, running.step))) return true
  const hasPassed = running.has_passed || passes(running, counts)
  if (hasPassed && !isLast) {
    await enterStep(tx, nudge, rollOut, running, running.step + 1)
    return true
  }
  if (hasPassed) await keepPassed(tx, rollOut)
  else if (running.is_timed_out) return end(tx, rollOut, 'paused', 'too few devices have answered')
  return false
}

async function findRunning(tx: Db, { accountId, id }: RollOut): Promise<Running | undefined> {
  // A statement that had to wait for the lock would see the devices as they were before.
  await tx.query(sql`SELECT FROM deployment WHERE account_id = ${accountId} AND id = ${id} FOR UPDATE`)
  const { rows } = await tx.query<Running>(sql`
    SELECT group_name, type, name, version, push, steps, step, max_failure_percent, min_success_percent, has_passed,
           soak_minutes = 0 OR coalesce((
             SELECT max(r.finished_at) <= now() - make_interval(mins => soak_minutes) FROM deployment_device AS r
             WHERE r.account_id = d.account_id AND r.deployment_id = d.id AND r.step = d.step AND r.state = 'succeeded'), true) AS is_soaked,
           (step_entered_at <= now() - make_interval(mins => step_timeout_minutes)) IS TRUE AS is_timed_out
    FROM deployment AS d WHERE account_id = ${accountId} AND id = ${id} AND state = 'running'`)
  return rows[0]
}

interface Counts {
  waiting: number
  told: number
  succeeded: number
  /** Those that nobody has accepted by resuming. */
  failures: number
  /** Of the devices told in this step. */
  told_in_step: number
  succeeded_in_step: number
}

async function count(tx: Db, { accountId, id }: RollOut, step: number): Promise<Counts> {
  const { rows } = await tx.query<Counts>(sql`
    SELECT coalesce(sum(c.devices) FILTER (WHERE c.state = 'waiting'), 0)::int AS waiting,
           coalesce(sum(c.devices) FILTER (WHERE c.state = 'told'), 0)::int AS told,
           coalesce(sum(c.devices) FILTER (WHERE c.state = 'succeeded'), 0)::int AS succeeded,
           coalesce(sum(c.devices) FILTER (WHERE c.state = 'failed' AND c.period = d.period), 0)::int AS failures,
           coalesce(sum(c.devices) FILTER (WHERE c.step = ${step}), 0)::int AS told_in_step,
           coalesce(sum(c.devices) FILTER (WHERE c.step = ${step} AND c.state = 'succeeded'), 0)::int AS succeeded_in_step
    FROM deployment AS d LEFT JOIN deployment_counts(d.account_id, d.id) AS c ON true
    WHERE d.account_id = ${accountId} AND d.id = ${id}`)
  const [counts] = rows
  if (!counts) throw new Error('the deployment is gone')
  return counts
}

/** A step whose share told nobody new has nothing to prove. */
function passes({ min_success_percent, is_soaked }: Running, { told_in_step, succeeded_in_step }: Counts): boolean {
  const wanted = told_in_step === 0 ? 0 : Math.max(1, Math.ceil((min_success_percent * told_in_step) / 100))
  return is_soaked && succeeded_in_step >= wanted
}

async function keepPassed(tx: Db, { accountId, id }: RollOut): Promise<void> {
  await tx.query(
    sql`UPDATE deployment SET has_passed = true WHERE account_id = ${accountId} AND id = ${id} AND NOT has_passed`,
  )
}

/** Fixes the order in which devices are told: like shuffled, and the same whoever works it out. */
async function placeDevices(tx: Db, { accountId, id }: RollOut, group: string): Promise<void> {
  await tx.query(sql`
    INSERT INTO deployment_device (account_id, deployment_id, device_id, place)
    SELECT account_id, ${id}, id, row_number() OVER (ORDER BY md5(${id} || id::text))
    FROM device WHERE account_id = ${accountId} AND group_name = ${group}
    ON CONFLICT DO NOTHING`)
  await tx.query(sql`UPDATE deployment SET unplaced = 0 WHERE account_id = ${accountId} AND id = ${id}`)
}

async function enterStep(tx: Db, nudge: Nudge, rollOut: RollOut, running: Running, step: number): Promise<void> {
  const { accountId, id } = rollOut
  await tx.query(sql`
    UPDATE deployment SET step = ${step}, step_entered_at = now() WHERE account_id = ${accountId} AND id = ${id}`)
  await tell(tx, nudge, rollOut, running, step)
  await happen(tx, system(accountId), id, 'step')
}

/**
 * Tells the first of the order, up to the share of this step; at 100 % those who joined later as well.
 *
 * @returns whether there was anybody to tell.
 */
async function tell(
  tx: Db,
  nudge: Nudge,
  { accountId, id }: RollOut,
  running: Running,
  step: number,
): Promise<boolean> {
  const share = running.steps[step - 1] ?? 100
  const { rows } = await tx.query<{ device_id: string }>(sql`
    WITH member AS (
      SELECT device_id, state, row_number() OVER (ORDER BY place) AS turn, count(*) OVER () AS total
      FROM deployment_device
      WHERE account_id = ${accountId} AND deployment_id = ${id} AND (place IS NOT NULL OR ${share} = 100))
    UPDATE deployment_device AS r SET state = 'told', step = ${step}, told_at = now() FROM member AS m
    WHERE r.account_id = ${accountId} AND r.deployment_id = ${id} AND r.device_id = m.device_id
      AND m.state = 'waiting' AND m.turn <= ceil(m.total * ${share}::numeric / 100)
    RETURNING r.device_id`)
  const devices = rows.map((row) => row.device_id)
  if (devices.length === 0) return false
  const ahead = running.type === 'config' ? await findAhead(tx, accountId, devices, running) : []
  await tx.query(sql`SELECT desire(${accountId}, ${devices}::uuid[])`)
  const actor = system(accountId)
  if (ahead.length > 0) await queueForMany(tx, nudge, actor, ahead, 'wipe')
  if (running.push) await queueForMany(tx, nudge, actor, devices, 'refresh')
  return true
}

/** Those that have a newer version of the project: an older one can only be put on after a reset (contract §5). */
async function findAhead(tx: Db, accountId: string, devices: string[], { name, version }: Running): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(sql`
    SELECT d.id FROM device AS d JOIN desired_state AS s ON s.account_id = d.account_id AND s.revision = d.desired
    WHERE d.account_id = ${accountId} AND d.id = ANY (${devices}::uuid[])
      AND s.project = ${name} AND s.project_version::numeric > ${version}::numeric`)
  return rows.map(({ id }) => id)
}

/** @returns that there is nothing more to do now. */
async function end(
  tx: Db,
  { accountId, id }: RollOut,
  state: 'paused' | 'finished',
  reason: string | null,
): Promise<false> {
  await tx.query(sql`
    UPDATE deployment SET state = ${state}, reason = ${reason},
      step = CASE ${state} WHEN 'finished' THEN cardinality(steps) ELSE step END,
      finished_at = CASE ${state} WHEN 'finished' THEN now() END
    WHERE account_id = ${accountId} AND id = ${id}`)
  await happen(tx, system(accountId), id, state)
  return false
}

const system = (accountId: string) => ({ kind: 'system', accountId, id: 'roll-out' }) as const
