import sql, { raw, type Sql } from 'sql-template-tag'
import { NIL } from 'uuid'
import type { Db } from '../db/database.ts'
import { portion } from './portion.ts'

/** How far a walk has come. */
interface Place {
  accountId: string
  id: string
}

const beginning: Place = { accountId: NIL, id: NIL }

interface OldTable {
  name: string
  /** How many days rows are kept at least; an id tells when its row was made. */
  keptDays: number
  /** Which rows `t` of before then are to go. */
  isPast: Sql
}

/** The lowest that an id of that moment can be; PostgreSQL has a function for it from 18 on. */
export const lowestId = (moment: Sql) =>
  sql`rpad(lpad(to_hex((extract(epoch FROM ${moment}) * 1000)::bigint), 12, '0'), 32, '0')::uuid`

/**
 * Deletes what is past its retention, in portions. Each looks at the next rows of an account in the order of their ids: an index by time
 * would cost every change of a row, and one of ranges (BRIN) is of no use once new rows lie where old ones were.
 *
 * @returns what does a portion, and says whether there may be more.
 */
export function deleteOld({ name, keptDays, isPast }: OldTable): (tx: Db) => Promise<boolean> {
  const table = raw(name)
  let place = beginning
  return async (tx) => {
    const { accountId, id } = place
    const { rows } = await tx.query<Place & { seen: number }>(sql`
      WITH seen AS MATERIALIZED (
        SELECT t.* FROM account AS a
        CROSS JOIN LATERAL (
          SELECT t.account_id, t.id, t.ctid, ${isPast} AS is_past FROM ${table} AS t
          WHERE t.account_id = a.id AND t.id > CASE a.id WHEN ${accountId} THEN ${id}::uuid ELSE ${NIL}::uuid END
            AND t.id < (SELECT ${lowestId(sql`now() - make_interval(days => ${keptDays})`)})
          ORDER BY t.id LIMIT ${portion}) AS t
        WHERE a.id >= ${accountId} ORDER BY a.id, t.id LIMIT ${portion}),
      gone AS (
        DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM seen WHERE is_past)) FOR UPDATE SKIP LOCKED))
        RETURNING true)
      SELECT account_id AS "accountId", id, count(*) OVER ()::int AS seen, (SELECT count(*)::int FROM gone) AS deleted
      FROM seen ORDER BY account_id DESC, id DESC LIMIT 1`)
    const [last] = rows
    const isMore = last?.seen === portion
    place = isMore ? last : beginning
    return isMore
  }
}
