import { type Alert, listAlerts } from '@mason/contract/alert'
import { createAlertRule, type NewAlertRule } from '@mason/contract/alert-rule'
import { follow } from '../src/outward/alert/follow.ts'
import type { Platform, TestAccount } from './harness.ts'

/** Does what the jobs of this name find to do. */
export async function runAll({ jobs, database }: Platform, ...names: string[]): Promise<void> {
  for (const job of jobs.filter(({ name }) => names.includes(name)))
    while (await database.transaction((tx) => job.run(tx))) {}
}

/** Looks at what events have told. */
export async function followAll({ database, config }: Platform): Promise<void> {
  while (await follow(database, { checkinSeconds: config.CHECKIN_SECONDS })) {}
}

/** Looks at everything, as if the rules had rested for long enough. */
export async function lookAll(platform: Platform): Promise<void> {
  await followAll(platform)
  await platform.database.pool.query('UPDATE alert_rule SET look_at = now() WHERE look_at IS NOT NULL')
  await runAll(platform, 'look-for-alerts', 'judge-due-alerts')
}

/** As if what waits had waited for long enough. */
export async function passTime(platform: Platform): Promise<void> {
  await platform.database.pool.query('UPDATE alert_candidate SET due_at = now()')
  await platform.database.pool.query('UPDATE alert SET ends_at = now() WHERE ends_at IS NOT NULL')
  await runAll(platform, 'judge-due-alerts')
}

/** Makes a rule. @returns its id. */
export async function newRule({ call }: TestAccount, rule: Partial<NewAlertRule> & Pick<NewAlertRule, 'condition'>) {
  const { data } = await call(createAlertRule, { name: rule.condition, severity: 'warning', ...rule })
  return data[0]?.id ?? ''
}

/** The alerts of a rule, as `subject state`. */
export const alertsOf = async ({ call }: TestAccount, rule: string): Promise<string[]> =>
  (await call(listAlerts, { rule })).data.map(({ subject, state }) => `${subject.id} ${state}`)

export async function firstAlert({ call }: TestAccount, rule: string): Promise<Alert> {
  const [alert] = (await call(listAlerts, { rule })).data
  if (!alert) throw new Error('there is no alert')
  return alert
}
