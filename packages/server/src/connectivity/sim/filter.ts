import { simFields } from '@mason/contract/filter/fields'
import type { Comparison } from '@mason/contract/filter/filter'
import sql, { type Sql } from 'sql-template-tag'
import { foldedText } from '../../core/filter/compare.ts'
import { type Column, conditionOf } from '../../core/filter/condition.ts'
import type { Filtered } from '../../core/filter/page.ts'
import { readFilter } from '../../core/filter/read.ts'

/** What a SIM has used since the month began. */
export const usageOfMonth = sql`
  coalesce((SELECT sum(usage_total(u.upload) + usage_total(u.download)) FROM usage_sim_month AS u
            WHERE u.account_id = sim.account_id AND u.month = month_start() AND u.iccid = sim.iccid), 0)`

const columns: Record<keyof typeof simFields, (key: string) => Column> = {
  iccid: () => ({ value: sql`sim.iccid` }),
  name: () => ({ value: sql`sim.name` }),
  imsi: () => ({ value: sql`sim.imsi` }),
  msisdn: () => ({ value: sql`sim.msisdn` }),
  state: () => ({ value: sql`sim.state`, equals: (state) => sql`sim.state = ${state.toLowerCase()}` }),
  stateReason: () => ({ value: sql`sim.state_reason` }),
  carrier: () => ({ value: sql`sim.carrier` }),
  'marker.': (key) => ({
    value: sql`(SELECT m.value FROM sim_marker AS m WHERE m.account_id = sim.account_id AND m.iccid = sim.iccid
                AND m.key = ${key} AND m.until_day = 'infinity')`,
    equals: (value) => sql`
      EXISTS (SELECT FROM sim_marker AS entry
              WHERE entry.account_id = sim.account_id AND entry.iccid = sim.iccid AND ${isMarked(key, value)})`,
  }),
  device: () => ({ value: sql`sim.device_id::text`, equals: (id) => sql`sim.device_id = ${id}::uuid` }),
  limit: () => ({ value: sql`sim.data_limit_bytes` }),
  'usage.month': () => ({ value: usageOfMonth }),
  createdAt: () => ({ value: sql`sim.created_at` }),
  activatedAt: () => ({ value: sql`sim.activated_at` }),
}

const isMarked = (key: string, value: string) => sql`
  entry.key = ${key} AND entry.until_day = 'infinity' AND ${foldedText(sql`entry.value`)} = ${foldedText(sql`${value}::text`)}`

const columnOf = ({ name, key }: Comparison) => columns[name as keyof typeof simFields](key)

/** What a filter may say of SIMs, and how they are found by it. */
export const filteredSims: Filtered = {
  table: 'sim',
  key: 'iccid',
  keyType: 'text',
  columns: columnOf,
  entries: {
    'marker.': ({ key }, value) => ({
      table: sql`sim_marker`,
      key: sql`iccid`,
      condition: isMarked(key, value),
    }),
  },
}

export const readSimFilter = (text: string) => readFilter(text, simFields)

/** A filter as a condition on `sim`. @throws AppError when it cannot be read. */
export const simCondition = (text: string): Sql => conditionOf(readSimFilter(text), columnOf)
