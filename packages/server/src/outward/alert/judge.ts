import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { findHolding, type Holding } from './holding.ts'
import type { Rule } from './rule.ts'
import { isSilent, platform } from './silence.ts'
import { type Standing, type Transitions, transitionsOf, type Waiting } from './transition.ts'
import { write } from './write.ts'

/** Three of these without a check-in, and a device is offline. */
export interface Pace {
  checkinSeconds: number
}

/**
 * Looks at subjects of a rule, and opens and ends their alerts; behind the lock of the account, at most a portion of them.
 *
 * @param known those for which the condition holds, where that is known.
 */
export async function judge(
  tx: Db,
  pace: Pace,
  rule: Rule,
  subjects: readonly string[],
  known?: Holding[],
): Promise<void> {
  const own = subjects.filter((subject) => subject !== platform)
  if (own.length < subjects.length) await judgeSilence(tx, pace, rule)
  if (own.length === 0) return
  const holding = rule.isLive ? (known ?? (await findHolding(tx, rule, own))) : []
  const transitions = await transitionsFor(tx, rule, own, holding)
  const isHeldBack = transitions.open.length > 0 && isAboutPresence(rule) && (await judgeSilence(tx, pace, rule))
  await write(tx, rule, isHeldBack ? heldBack(transitions) : transitions)
}

const isAboutPresence = ({ condition }: Rule) => condition === 'device.offline'

/**
 * Opens one alert while the platform hears of no device at all, in place of one for each. It lingers until all of them have had the
 * time to come back.
 *
 * @returns whether it stands.
 */
export async function judgeSilence(tx: Db, { checkinSeconds }: Pace, rule: Rule): Promise<boolean> {
  if (!isAboutPresence(rule)) return false
  const isNow = rule.isLive && (await isSilent(tx, rule.accountId, checkinSeconds))
  const lingerMinutes = rule.isLive ? (3 * checkinSeconds) / 60 : 0
  const ofPlatform = { ...rule, kind: platform, forMinutes: 0, lingerMinutes }
  const holding = isNow ? [{ subject: platform, device: null, occasion: null, data: {} }] : []
  const transitions = await transitionsFor(tx, ofPlatform, [platform], holding)
  await write(tx, ofPlatform, transitions)
  const { rows } = await tx.query(sql`
    SELECT FROM alert WHERE is_standing AND account_id = ${rule.accountId} AND rule_id = ${rule.id} AND subject_id = ${platform}`)
  return rows.length > 0
}

async function transitionsFor(tx: Db, rule: Rule, subjects: string[], holding: Holding[]): Promise<Transitions> {
  const ofRule = sql`account_id = ${rule.accountId} AND rule_id = ${rule.id} AND subject_id = ANY (${subjects}::text[])`
  const { rows: standing } = await tx.query<Standing>(sql`
    SELECT id, subject_id AS subject, state, occasion, ends_at IS NOT NULL AS "isEnding", coalesce(ends_at <= now(), false) AS "isDue"
    FROM alert WHERE is_standing AND ${ofRule} FOR NO KEY UPDATE`)
  const { rows: waiting } = await tx.query<Waiting>(sql`
    SELECT subject_id AS subject, due_at <= now() AS "isDue" FROM alert_candidate WHERE ${ofRule}`)
  const [hasToWait, hasToLinger] = [rule.forMinutes > 0, rule.lingerMinutes > 0]
  return transitionsOf({ subjects, holding, standing, waiting, hasToWait, hasToLinger })
}

/** What would open waits, for as long as the platform hears of none. */
function heldBack(transitions: Transitions): Transitions {
  const held = transitions.open.map(({ subject }) => subject)
  return {
    ...transitions,
    open: [],
    wait: [...transitions.wait, ...held],
    drop: [...transitions.drop, ...held],
  }
}
