import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { portion } from '../../core/jobs/portion.ts'
import { findHolding, nextSubjects } from './holding.ts'
import { judge, judgeSilence, type Pace } from './judge.ts'
import { lockAlerts, type Rule, readRule } from './rule.ts'

/** A walk begins so long after the one before, or ten times as long as that took. */
const restSeconds = 60
const restFactor = 10

interface Walk {
  accountId: string
  id: string
  isAtAlerts: boolean
  through: string | null
}

/**
 * Looks for what no event tells: walks in portions past what the condition of each rule may hold for, and then past its alerts, to
 * see which of them are over.
 */
export const lookForAlerts = (pace: Pace): PeriodicJob => ({
  name: 'look-for-alerts',
  everyMs: 1_000,
  run: async (tx) => {
    const { rows: due } = await tx.query<{ accountId: string; id: string }>(sql`
      SELECT account_id AS "accountId", id FROM alert_rule WHERE look_at <= now() ORDER BY look_at LIMIT 1`)
    const [first] = due
    if (!first) return false
    await lockAlerts(tx, first.accountId)
    const rule = await readRule(tx, first.accountId, first.id)
    const { rows } = await tx.query<Walk>(sql`
      SELECT account_id AS "accountId", id, is_at_alerts AS "isAtAlerts", walked_through AS through
      FROM alert_rule WHERE account_id = ${first.accountId} AND id = ${first.id} AND look_at <= now()`)
    const [walk] = rows
    if (rule && walk) await walkOn(tx, pace, rule, walk)
    return true
  },
})

async function walkOn(tx: Db, pace: Pace, rule: Rule, walk: Walk): Promise<void> {
  if (walk.isAtAlerts || !rule.isLive) return walkPastAlerts(tx, pace, rule, walk.isAtAlerts ? walk.through : null)
  if (walk.through === null) await judgeSilence(tx, pace, rule)
  const subjects = await nextSubjects(tx, rule, walk.through, portion)
  const holding = await findHolding(tx, rule, [...new Set(subjects)])
  await judge(
    tx,
    pace,
    rule,
    holding.map(({ subject }) => subject),
    holding,
  )
  const isOver = subjects.length < portion
  await goOn(tx, rule, isOver, isOver ? null : (subjects.at(-1) ?? null))
}

async function walkPastAlerts(tx: Db, pace: Pace, rule: Rule, through: string | null): Promise<void> {
  const { rows } = await tx.query<{ subject: string }>(sql`
    SELECT subject_id AS subject FROM alert
    WHERE is_standing AND account_id = ${rule.accountId} AND rule_id = ${rule.id} AND subject_id > ${through ?? ''}
    ORDER BY subject_id LIMIT ${portion}`)
  const subjects = rows.map(({ subject }) => subject)
  await judge(tx, pace, rule, subjects)
  if (subjects.length === portion) return goOn(tx, rule, true, subjects.at(-1) ?? null)
  if (!rule.isLive && (await forgetCandidates(tx, rule))) return goOn(tx, rule, true, null)
  await tx.query(sql`
    UPDATE alert_rule SET is_at_alerts = false, walked_through = NULL, walk_began_at = NULL,
      look_at = CASE WHEN ${rule.isLive} THEN clock_timestamp() + greatest(
        make_interval(secs => ${restSeconds}), ${restFactor}::int * (clock_timestamp() - coalesce(walk_began_at, clock_timestamp()))) END
    WHERE account_id = ${rule.accountId} AND id = ${rule.id}`)
}

async function goOn(tx: Db, { accountId, id }: Rule, isAtAlerts: boolean, through: string | null): Promise<void> {
  await tx.query(sql`
    UPDATE alert_rule SET is_at_alerts = ${isAtAlerts}, walked_through = ${through}, look_at = now(),
      walk_began_at = coalesce(walk_began_at, now())
    WHERE account_id = ${accountId} AND id = ${id}`)
}

/** What waits for a rule that is watched no longer. @returns whether there may be more. */
async function forgetCandidates(tx: Db, { accountId, id }: Rule): Promise<boolean> {
  const { rowCount } = await tx.query(sql`
    DELETE FROM alert_candidate WHERE (account_id, rule_id, subject_id) IN (
      SELECT account_id, rule_id, subject_id FROM alert_candidate WHERE account_id = ${accountId} AND rule_id = ${id}
      ORDER BY subject_id LIMIT ${portion})`)
  return rowCount === portion
}

interface Due {
  accountId: string
  ruleId: string
  subjects: string[]
}

/** Looks again at what has held, or has been over, for as long as it had to. */
export const judgeDueAlerts = (pace: Pace): PeriodicJob => ({
  name: 'judge-due-alerts',
  everyMs: 1_000,
  run: async (tx) => {
    const { rows } = await tx.query<Due>(sql`
      WITH due AS MATERIALIZED (
        (SELECT account_id, rule_id, subject_id FROM alert_candidate WHERE due_at <= now() ORDER BY due_at LIMIT ${portion})
        UNION ALL
        (SELECT account_id, rule_id, subject_id FROM alert WHERE ends_at <= now() ORDER BY ends_at LIMIT ${portion}))
      SELECT account_id AS "accountId", rule_id AS "ruleId", array_agg(DISTINCT subject_id) AS subjects
      FROM due GROUP BY account_id, rule_id ORDER BY account_id, rule_id LIMIT 1`)
    const [due] = rows
    if (!due) return false
    await lockAlerts(tx, due.accountId)
    const rule = await readRule(tx, due.accountId, due.ruleId)
    if (rule) await judge(tx, pace, rule, due.subjects.slice(0, portion))
    return true
  },
})
