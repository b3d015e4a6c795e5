import { Gauge, type Registry } from '@prometheus-io/client'
import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'

interface Counts {
  name: string
  help: string
  /** Of the counters. */
  kind: string
  /** Their keys; without a label the one key is empty. */
  states?: readonly string[]
}

/** Shows what counters of all accounts say when it is asked; all nodes of a database say the same. */
export function measureCounts(registry: Registry, db: Db, { name, help, kind, states }: Counts): void {
  new Gauge({
    ...{ name, help, labelNames: states ? ['state'] : [], registers: [registry] },
    async collect() {
      const { rows } = await db.query<{ state: string; value: number }>(sql`
        SELECT key AS state, sum(value)::bigint AS value
        FROM account AS a CROSS JOIN LATERAL (
          SELECT key, value FROM counter_total
          WHERE account_id = a.id AND kind = ${kind} AND key = ANY (${[...(states ?? [''])]}::text[])) AS c
        GROUP BY key`)
      const values = new Map(rows.map(({ state, value }) => [state, value]))
      if (!states) this.set(values.get('') ?? 0)
      for (const state of states ?? []) this.set({ state }, values.get(state) ?? 0)
    },
  })
}
