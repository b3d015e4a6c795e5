import { Gauge } from '@prometheus-io/client'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { Metrics } from '../../core/http/metrics.ts'

/** From the counters of all accounts. */
export function measureAlerts({ platform }: Pick<Metrics, 'platform'>, db: Db): void {
  new Gauge({
    name: 'mason_alerts',
    help: 'Alerts that are not resolved, by state',
    labelNames: ['state'],
    registers: [platform],
    async collect() {
      const { rows } = await db.query<{ state: string; count: number }>(sql`
        SELECT state, coalesce(sum(value), 0)::float8 AS count FROM unnest(ARRAY['open', 'acknowledged']) AS state
        LEFT JOIN counter_total AS c ON c.kind = 'alerts' AND c.key = state GROUP BY state`)
      for (const { state, count } of rows) this.set({ state }, count)
    },
  })
}
