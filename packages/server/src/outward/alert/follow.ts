import sql from 'sql-template-tag'
import type { Database, Db } from '../../core/db/database.ts'
import { eventsOf } from './conditions.ts'
import { judge, type Pace } from './judge.ts'
import { type Rule, readRules } from './rule.ts'

/** Events that one transaction passes over, and those of them whose subjects it looks at. */
const lookedAt = 2_000
const judgedAtOnce = 200
/** Accounts whose turn comes at once. */
const atOnce = 100
/** One that is quiet moves along when so many transactions have written events: partitions between are looked into. */
const farBehind = 2 ** 16

/**
 * Looks at what committed events tell of, as a follower of their order. Any number of nodes do it, each for accounts that no other
 * node has at that moment; a position moves in the transaction that opens and ends alerts.
 *
 * @returns whether there may be more to do at once.
 */
export async function follow(db: Database, pace: Pace): Promise<boolean> {
  const { rows } = await db.query<{ end: string; earliest: string | null }>(sql`
    SELECT event_horizon() AS "end", (SELECT min(position) FROM alert_follower) AS earliest`)
  const [{ end, earliest } = { end: '', earliest: null }] = rows
  if (earliest === null || earliest >= end) return false
  const behind = await findBehind(db, earliest, end)
  const isMore = [behind.length === atOnce]
  const failures: unknown[] = []
  for (const accountId of behind)
    await db
      .transaction((tx) => advance(tx, pace, accountId, end))
      .then(
        (isMoreOfIt) => isMore.push(isMoreOfIt),
        (error) => failures.push(error),
      )
  // One account holds up no other.
  if (failures.length > 0) throw failures[0]
  return isMore.includes(true)
}

async function findBehind(db: Db, earliest: string, end: string): Promise<string[]> {
  const { rows } = await db.query<{ accountId: string }>(sql`
    SELECT f.account_id AS "accountId" FROM alert_follower AS f
    WHERE f.position < ${end}
      AND (event_place(f.position) < event_place(${end}) - ${farBehind} OR (
        SELECT e.id FROM event AS e
        WHERE e.account_id = f.account_id AND e.id >= f.position AND e.id >= ${earliest} AND e.id < ${end}
        ORDER BY e.id LIMIT 1) IS NOT NULL)
    ORDER BY f.position LIMIT ${atOnce}`)
  return rows.map(({ accountId }) => accountId)
}

interface Told {
  type: string
  subject: string
  device: string | null
}

/** @returns whether there are more events of the account. */
async function advance(tx: Db, pace: Pace, accountId: string, end: string): Promise<boolean> {
  const { rows: followers } = await tx.query<{ position: string }>(sql`
    SELECT position FROM alert_follower WHERE account_id = ${accountId} AND position < ${end}
    FOR NO KEY UPDATE SKIP LOCKED`)
  const [follower] = followers
  if (!follower) return false
  const rules = await readRules(tx, accountId, sql`is_enabled`, sql`deleted_at IS NULL`)
  const { told, next } = await readTold(tx, accountId, follower.position, end, rules)
  for (const rule of rules) await judge(tx, pace, rule, subjectsOf(rule, told))
  await tx.query(sql`UPDATE alert_follower SET position = ${next} WHERE account_id = ${accountId}`)
  return next < end
}

/** The next events that concern a rule, and where to go on behind them. */
async function readTold(tx: Db, accountId: string, position: string, end: string, rules: Rule[]) {
  const types = [...new Set(rules.flatMap(({ condition }) => eventsOf[condition]))]
  const { rows } = await tx.query<{ told: Told[]; next: string }>(sql`
    WITH seen AS MATERIALIZED (
      SELECT id, type, subject, device_id FROM event WHERE account_id = ${accountId} AND id >= ${position} AND id < ${end}
      ORDER BY id LIMIT ${lookedAt}),
    wanted AS MATERIALIZED (
      SELECT * FROM seen WHERE type = ANY (${types}::text[]) ORDER BY id LIMIT ${judgedAtOnce})
    SELECT
      coalesce((SELECT json_agg(json_build_object('type', type, 'subject', subject ->> 'id', 'device', device_id)) FROM wanted), '[]') AS told,
      -- Nothing lies between a text and the same one with a sign behind it.
      CASE WHEN (SELECT count(*) FROM wanted) = ${judgedAtOnce} THEN (SELECT max(id) FROM wanted) || '-'
           WHEN (SELECT count(*) FROM seen) = ${lookedAt} THEN (SELECT max(id) FROM seen) || '-'
           ELSE ${end} END AS next`)
  return rows[0] ?? { told: [], next: end }
}

/** The subjects of a rule that events tell of, each once. Events of commands tell of their devices. */
function subjectsOf({ condition }: Rule, told: readonly Told[]): string[] {
  const types: readonly string[] = eventsOf[condition]
  const isOfCommands = condition === 'notification.failed'
  const subjects = told
    .filter(({ type }) => types.includes(type))
    .map((one) => (isOfCommands ? one.device : one.subject))
  return [...new Set(subjects.filter((subject) => subject !== null))]
}
