import sql from 'sql-template-tag'
import type { Database, Db } from '../../core/db/database.ts'
import { isLockTimeout } from '../../core/db/lasting.ts'
import { rollOutLock } from '../../core/db/locks.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { portion } from '../../core/jobs/portion.ts'
import type { Task } from '../../core/jobs/queue.ts'
import { isToSearch, place, placedThrough, searchAgain } from './place.ts'
import {
  type Advance,
  type Counts,
  type Means,
  Overtaken,
  type RollOut,
  type Running,
  system,
  updateRunning,
} from './running.ts'
import { carryOn, recordDeployment } from './service.ts'
import { findDue, tell, tellMembers } from './tell.ts'
import { withdraw } from './withdraw.ts'

/** Some seconds of work: between two turns of a long roll-out, tasks of others have theirs. */
const portionsInTurn = 20

/** Carries a roll-out on as far as it can go now, in portions that are committed one by one: after a crash it goes on behind the last. */
export const advanceTask = (means: Omit<Means, 'size'>, size = portion): Advance => {
  const task: Advance = {
    matching: means.matching,
    name: 'advance-deployment',
    run: async (database, rollOut, signal) => {
      for (let portions = 0; portions < portionsInTurn; portions++)
        if (signal.aborted || !(await doPortion(database, { ...means, size }, rollOut))) return
      await carryOn(database, task, rollOut)
    },
  }
  return task
}

/** @returns whether there is more to do now. */
async function doPortion(database: Database, means: Means, rollOut: RollOut): Promise<boolean> {
  try {
    return await database.transaction(async (tx) => {
      await tx.query(sql`SELECT pg_advisory_xact_lock(${rollOutLock(rollOut.id)})`)
      return (await advance(tx, means, rollOut)) || (await withdraw(tx, means.size, rollOut))
    })
  } catch (error) {
    if (error instanceof Overtaken) return true
    if (isLockTimeout(error)) return false
    throw error
  }
}

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
            UNION (SELECT account_id, id FROM running ORDER BY random() LIMIT ${glance})
            UNION (SELECT account_id, id FROM deployment WHERE to_withdraw ORDER BY random() LIMIT ${glance})) AS chosen
      ORDER BY id`)
    for (const rollOut of rows) await carryOn(db, advance, rollOut)
    return false
  },
})

async function advance(tx: Db, means: Means, rollOut: RollOut): Promise<boolean> {
  const running = await findRunning(tx, rollOut)
  if (!running || running.is_too_early) return false
  const { steps, step, is_placed: isPlaced } = running
  if (running.is_to_search) {
    await updateRunning(tx, rollOut, running, searchAgain)
    return true
  }
  // With a single step the order does not matter: devices are told as they get their rows.
  if (!isPlaced && steps.length > 1) return place(tx, means, rollOut, running)
  const counts = await count(tx, rollOut, step)
  if (step === 0) return enterStep(tx, means, rollOut, running, counts, 1)
  if (counts.failures * 100 > running.max_failure_percent * (counts.failures + counts.succeeded))
    return end(tx, rollOut, running, 'paused', 'failures')
  if (!isPlaced) {
    const seen = await tellMembers(tx, means, rollOut, running)
    await updateRunning(tx, rollOut, running, placedThrough(seen, means.size, running))
    return true
  }
  const toTell = step === steps.length ? counts.waiting : Math.min(running.to_tell, counts.waiting - counts.late)
  if (toTell === 0) return judge(tx, means, rollOut, running, counts)
  const { told, through } = await tell(tx, means, rollOut, running, toTell)
  const change = sql`told_through = ${through}, to_tell = greatest(0, to_tell - ${told})`
  await updateRunning(tx, rollOut, running, change)
  return told > 0
}

/** All of the step's devices were told. */
async function judge(tx: Db, means: Means, rollOut: RollOut, running: Running, counts: Counts): Promise<boolean> {
  const { steps, step } = running
  if (counts.waiting + counts.told === 0) return end(tx, rollOut, running, 'finished', null)
  // All of them left before they proved anything: others take their places, where the share asks for them.
  const due = counts.told_in_step === 0 ? findDue(running, counts, step) : 0
  if (due > 0) {
    await updateRunning(tx, rollOut, running, sql`to_tell = ${due}`)
    return true
  }
  const hasPassed = running.has_passed || passes(running, counts)
  if (hasPassed && step < steps.length) return enterStep(tx, means, rollOut, running, counts, step + 1)
  if (hasPassed && !running.has_passed) await updateRunning(tx, rollOut, running, sql`has_passed = true`)
  if (!hasPassed && running.is_timed_out) return end(tx, rollOut, running, 'paused', 'too few devices have answered')
  return false
}

async function findRunning(tx: Db, { accountId, id }: RollOut): Promise<Running | undefined> {
  const { rows } = await tx.query<Running>(sql`
    SELECT group_name, filter, type, name, version, push, steps, step, period, max_failure_percent, min_success_percent, has_passed,
           is_placed, placed_through, is_first_search, to_tell, told_through, ${isToSearch} AS is_to_search,
           soak_minutes = 0 OR coalesce((
             SELECT max(r.finished_at) <= now() - make_interval(mins => soak_minutes) FROM deployment_device AS r
             WHERE r.account_id = d.account_id AND r.deployment_id = d.id AND r.step = d.step AND r.state = 'succeeded'), true) AS is_soaked,
           (step_entered_at <= now() - make_interval(mins => step_timeout_minutes)) IS TRUE AS is_timed_out,
           (not_before > now()) IS TRUE AS is_too_early
    FROM deployment AS d WHERE account_id = ${accountId} AND id = ${id} AND state = 'running'`)
  return rows[0]
}

async function count(tx: Db, { accountId, id }: RollOut, step: number): Promise<Counts> {
  const { rows } = await tx.query<Counts>(sql`
    SELECT coalesce(sum(c.devices) FILTER (WHERE c.state IN ('waiting', 'late')), 0)::int AS waiting,
           coalesce(sum(c.devices) FILTER (WHERE c.state = 'late'), 0)::int AS late,
           coalesce(sum(c.devices) FILTER (WHERE c.state = 'told'), 0)::int AS told,
           coalesce(sum(c.devices) FILTER (WHERE c.state = 'succeeded'), 0)::int AS succeeded,
           coalesce(sum(c.devices) FILTER (WHERE c.state = 'failed'), 0)::int AS failed,
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

/** Enters a step and does its first portion at once: to a group that is no larger, the step is told as a whole. */
async function enterStep(
  tx: Db,
  means: Means,
  rollOut: RollOut,
  before: Running,
  counts: Counts,
  step: number,
): Promise<true> {
  const running = { ...before, step }
  const due = step === running.steps.length ? counts.waiting : findDue(running, counts, step)
  const tellFirst = async () => {
    if (!running.is_placed) return placedThrough(await tellMembers(tx, means, rollOut, running), means.size, running)
    const { told, through } = await tell(tx, means, rollOut, running, due)
    return sql`told_through = ${through}, to_tell = ${due - told}`
  }
  const change = sql`step = ${step}, step_entered_at = now(), ${await tellFirst()}`
  await updateRunning(tx, rollOut, before, change)
  await recordDeployment(tx, system(rollOut.accountId), rollOut.id, 'step')
  return true
}

/** @returns that there is nothing more to do now. */
async function end(
  tx: Db,
  rollOut: RollOut,
  running: Running,
  state: 'paused' | 'finished',
  reason: string | null,
): Promise<false> {
  const step = state === 'finished' ? running.steps.length : running.step
  const finishedAt = state === 'finished' ? sql`now()` : sql`NULL`
  await updateRunning(
    tx,
    rollOut,
    running,
    sql`state = ${state}, reason = ${reason}, step = ${step}, finished_at = ${finishedAt}`,
  )
  await recordDeployment(tx, system(rollOut.accountId), rollOut.id, state)
  return false
}
