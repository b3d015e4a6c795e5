import type { Count } from '@mason/contract/count'
import { type Comparison, isJoin } from '@mason/contract/filter/filter'
import sql from 'sql-template-tag'
import { type Actor, isRestricted } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { conditionOf } from '../../core/filter/condition.ts'
import { countMatches } from '../../core/filter/count.ts'
import { readDeviceFilter } from './filter.ts'
import { type Filters, filter } from './list.ts'

/** Counts the devices that pass every filter given. */
export async function count(db: Db, actor: Actor, filters: Filters): Promise<Count> {
  const comparison = isRestricted(actor) ? undefined : ofAppAlone(filters)
  if (!comparison) return countMatches(db, 'device', actor, filter(filters))
  return { count: await countByVersions(db, actor.accountId, comparison), exact: true }
}

/** The comparison of an app's version that is all there is to the filters. */
function ofAppAlone({ filter: text, ...others }: Filters): Comparison | undefined {
  if (text === undefined || Object.keys(others).length > 0) return undefined
  const read = readDeviceFilter(text)
  return isJoin(read) || read.name !== 'app.' ? undefined : read
}

/** An app has few versions, and how many devices have each is kept (sql/app.sql): no device is looked at. */
async function countByVersions(db: Db, accountId: string, comparison: Comparison): Promise<number> {
  const matches = conditionOf(comparison, () => ({ value: sql`v.version` }))
  const { rows } = await db.query<{ total: number; installed: number; matching: number }>(sql`
    SELECT (SELECT coalesce(sum(value), 0)::bigint FROM counter_total WHERE account_id = ${accountId} AND kind = 'devices') AS total,
      coalesce(sum(v.devices), 0)::bigint AS installed, coalesce(sum(v.devices) FILTER (WHERE ${matches}), 0)::bigint AS matching
    FROM app_versions(${accountId}, ${comparison.key}, ${2 ** 31 - 2}) AS v`)
  const [{ total, installed, matching } = { total: 0, installed: 0, matching: 0 }] = rows
  // Whatever does not have the app is not equal to any version.
  return isNegative(comparison) ? matching + total - installed : matching
}

const isNegative = ({ operator }: Comparison) => operator === '!=' || operator === '=out='
