import { type AlertConditionName, alertCondition } from '@mason/contract/alert-condition'
import sql, { empty, raw, type Sql } from 'sql-template-tag'
import { simCondition, usageOfMonth } from '../../connectivity/sim/filter.ts'
import { batteryLevel, deviceCondition, isOutOfDate, lastCheckin } from '../../fleet/device/filter.ts'
import type { Watched } from './rule.ts'

/** Rows of an account in whose order of keys a condition is looked for; it may hold for no others. */
interface Source {
  table: Sql
  key: Sql
  where?: Sql
}

/** A condition in SQL. */
interface Condition {
  /** The table of its subjects, and their key. */
  table: 'device' | 'sim' | 'deployment' | 'account' | 'webhook' | 'carrier'
  key: Sql
  keyType: Sql
  account: Sql
  /** What else is looked at for each of them, as joins. */
  beside: Sql
  holds: Sql
  /** What is kept of it. */
  data: Sql
  /** The device of a subject that is not one itself. */
  device?: Sql
  /** Of what comes in occasions: which one. */
  occasion?: Sql
  /** None where only what happens from now on counts. */
  source?: Source
}

type Parts = Pick<Condition, 'holds' | 'data'> & Partial<Condition>
const of =
  (table: Exclude<Condition['table'], 'account'>, key: string, keyType: string) =>
  (parts: Parts): Condition => ({
    ...{
      table,
      key: raw(`${table}.${key}`),
      keyType: raw(keyType),
      account: raw(`${table}.account_id`),
      beside: empty,
    },
    ...parts,
  })
const [ofDevice, ofSim] = [of('device', 'id', 'uuid'), of('sim', 'iccid', 'text')]
const nothing = sql`'{}'::jsonb`
const devicesWhere = (where: Sql): Source => ({ table: sql`device`, key: sql`id`, where })

/** Commands that are looked back at for the last one that has ended. */
const lastCommands = 50

const lastCommand = (type: string | null) => sql`
  CROSS JOIN LATERAL (
    SELECT * FROM (
      SELECT id, type, state, reason FROM notification AS n
      WHERE n.account_id = device.account_id AND n.device_id = device.id ORDER BY id DESC LIMIT ${lastCommands}) AS latest
    WHERE state IN ('succeeded', 'failed') AND type = coalesce(${type}, type) ORDER BY id DESC LIMIT 1) AS command`

const dayOfAnomaly = sql`
  CROSS JOIN LATERAL (
    SELECT day, median, bound FROM sim_day_bound AS b
    WHERE b.account_id = sim.account_id AND b.iccid = sim.iccid AND b.day >= current_date - 1 AND b.is_crossed
    ORDER BY day DESC LIMIT 1) AS anomaly`

const poolOfMonth = sql`
  CROSS JOIN LATERAL (
    SELECT allowance FROM subscription_setting AS s WHERE s.account_id = account.id OFFSET 0) AS setting
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(upload + download), 0) AS used FROM usage_account_day AS d
    WHERE d.account_id = account.id AND day >= month_start() AND day < month_start() + interval '1 month') AS pool`

const month = sql`to_char(month_start(), 'YYYY-MM')`

const conditions: Readonly<Record<AlertConditionName, ((rule: Watched) => Condition) | undefined>> = {
  'device.offline': () =>
    ofDevice({
      holds: sql`NOT device.online`,
      data: sql`jsonb_build_object('lastcheckin', iso_time(${lastCheckin}))`,
      source: devicesWhere(sql`NOT online`),
    }),
  'device.battery': ({ below }) =>
    ofDevice({
      holds: sql`(${batteryLevel})::float8 < ${below}::int`,
      data: sql`jsonb_build_object('level', ${batteryLevel})`,
      source: { table: sql`heartbeat`, key: sql`device_id` },
    }),
  'device.not_updated': () =>
    ofDevice({
      holds: isOutOfDate,
      data: sql`jsonb_build_object('osUpdated', os_updated, 'appsUpdated', apps_updated, 'projectUpdated', project_updated)`,
      source: { table: sql`out_of_date_device`, key: sql`device_id` },
    }),
  'device.report_fault': () =>
    ofDevice({
      holds: sql`device.report_faults IS NOT NULL`,
      data: sql`jsonb_build_object('faults', device.report_faults::jsonb)`,
      source: devicesWhere(sql`report_faults IS NOT NULL`),
    }),
  'device.conflict': () =>
    ofDevice({ holds: sql`device.has_conflict`, data: nothing, source: devicesWhere(sql`has_conflict`) }),
  'notification.failed': ({ notificationType }) =>
    ofDevice({
      beside: lastCommand(notificationType),
      holds: sql`command.state = 'failed'`,
      occasion: sql`command.id::text`,
      data: sql`jsonb_build_object('notification', command.id, 'type', command.type, 'reason', command.reason)`,
    }),
  'deployment.paused': () =>
    of(
      'deployment',
      'id',
      'uuid',
    )({
      holds: sql`deployment.state = 'paused'`,
      data: sql`jsonb_build_object('group', group_name, 'type', type, 'name', deployment.name, 'version', version, 'reason', reason)`,
      source: { table: sql`deployment`, key: sql`id`, where: sql`state = 'paused'` },
    }),
  'sim.limit': () =>
    ofSim({
      holds: sql`EXISTS (SELECT FROM sim_over_limit AS o
        WHERE o.account_id = sim.account_id AND o.iccid = sim.iccid AND o.month = month_start())`,
      device: sql`device_id`,
      occasion: month,
      data: sql`jsonb_build_object('month', ${month}, 'used', ${usageOfMonth}, 'limit', data_limit_bytes)`,
      source: { table: sql`sim_over_limit`, key: sql`iccid` },
    }),
  'sim.anomaly': () =>
    ofSim({
      beside: dayOfAnomaly,
      holds: sql`true`,
      device: sql`device_id`,
      occasion: sql`anomaly.day::text`,
      data: sql`jsonb_build_object('day', anomaly.day, 'median', anomaly.median, 'bound', anomaly.bound)`,
      source: { table: sql`sim_day_bound`, key: sql`iccid` },
    }),
  'sim.imei_lock': () =>
    ofSim({
      holds: sql`foreign_imei IS NOT NULL`,
      device: sql`device_id`,
      data: sql`jsonb_build_object('imei', foreign_imei, 'imeiLock', imei_lock)`,
      source: { table: sql`sim`, key: sql`iccid`, where: sql`foreign_imei IS NOT NULL` },
    }),
  'pool.threshold': ({ percent }) => ({
    ...{ table: 'account', key: sql`account.id`, keyType: sql`uuid`, account: sql`account.id`, beside: poolOfMonth },
    holds: sql`allowance > 0 AND used * 100 >= allowance::numeric * ${percent}::int`,
    occasion: month,
    data: sql`jsonb_build_object('month', ${month}, 'used', used, 'allowance', allowance)`,
    source: { table: sql`alert_follower`, key: sql`account_id` },
  }),
  'carrier.error': () =>
    of(
      'carrier',
      'name',
      'text',
    )({
      holds: sql`failing_since IS NOT NULL`,
      data: sql`jsonb_build_object('type', type, 'error', last_error, 'failingSince', iso_time(failing_since))`,
      source: { table: sql`carrier`, key: sql`name` },
    }),
  'webhook.failing': () =>
    of(
      'webhook',
      'id',
      'uuid',
    )({
      holds: sql`deleted_at IS NULL AND (disabled_reason IS NOT NULL OR is_enabled AND failing_since IS NOT NULL)`,
      data: sql`jsonb_build_object('failingSince', iso_time(failing_since), 'disabledReason', disabled_reason)`,
      source: { table: sql`webhook`, key: sql`id` },
    }),
}

/** The condition of a rule with its filter; undefined for what cannot hold. */
export function conditionOf(rule: Watched): Condition | undefined {
  const condition = conditions[rule.condition]?.(rule)
  if (!condition || rule.filter === null) return condition
  return { ...condition, holds: sql`${condition.holds} AND ${filterOf(rule.condition, rule.filter)}` }
}

/** The filter of a rule in SQL. @throws AppError when it cannot be read. */
export const filterOf = (condition: AlertConditionName, filter: string): Sql =>
  alertCondition(condition).subject === 'sim' ? simCondition(filter) : deviceCondition(filter)

const leaving = 'device.deprovisioned'

/** The types of events after which a subject is looked at again; the rest is found by looks at all of them. */
export const eventsOf: Readonly<Record<AlertConditionName, readonly string[]>> = {
  'device.offline': ['device.missed', 'device.offline', 'device.online', leaving],
  'device.battery': [leaving],
  'device.not_updated': [leaving],
  'device.report_fault': ['device.report_fault', leaving],
  'device.conflict': ['device.conflict', leaving],
  'notification.failed': ['notification.failed', 'notification.succeeded', leaving],
  'deployment.paused': ['deployment.paused', 'deployment.resumed', 'deployment.finished', 'deployment.canceled'],
  'sim.limit': ['sim.limit'],
  'sim.anomaly': ['sim.anomaly'],
  'sim.imei_lock': ['sim.imei_lock', 'sim.device'],
  'pool.threshold': ['pool.threshold', 'subscription.changed'],
  'carrier.error': ['carrier.error', 'carrier.recovered', 'carrier.deleted'],
  'webhook.failing': ['webhook.disabled', 'webhook.updated', 'webhook.deleted'],
}
