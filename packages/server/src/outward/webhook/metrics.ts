import { Counter, Gauge } from '@prometheus-io/client'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { Metrics } from '../../core/http/metrics.ts'

/** Counts the attempts of this node. */
export const countAttempts = ({ registry }: Pick<Metrics, 'registry'>) => {
  const attempts = new Counter<'outcome'>({
    name: 'mason_webhook_attempts_total',
    help: 'Attempts to deliver an event to a webhook, by outcome',
    labelNames: ['outcome'],
    registers: [registry],
  })
  for (const outcome of ['succeeded', 'failed']) attempts.inc({ outcome }, 0)
  return attempts
}

/** Looks when it is asked. Of webhooks that fail, the lag is their receivers'. */
export function measureWebhooks({ platform }: Pick<Metrics, 'platform'>, db: Db): void {
  new Gauge({
    name: 'mason_webhook_lag_seconds',
    help: 'Age of the oldest event that is to be delivered to a webhook whose attempts succeed',
    registers: [platform],
    async collect() {
      const { rows } = await db.query<{ seconds: number }>(sql`
        SELECT coalesce(extract(epoch FROM now() - min(least(d.due_at, e.time))), 0)::float8 AS seconds
        FROM (SELECT event_horizon() AS "end" OFFSET 0) AS h CROSS JOIN webhook AS w
        LEFT JOIN LATERAL (
          SELECT due_at FROM webhook_delivery WHERE webhook_id = w.id AND due_at <= now() ORDER BY due_at LIMIT 1) AS d ON true
        LEFT JOIN LATERAL (
          SELECT time FROM event WHERE account_id = w.account_id AND id >= w.position AND id < h."end" ORDER BY id LIMIT 1) AS e ON true
        WHERE w.is_enabled AND w.deleted_at IS NULL AND w.failing_since IS NULL
          AND (w.held_until IS NULL OR w.held_until <= now())`)
      this.set(Math.max(0, rows[0]?.seconds ?? 0))
    },
  })
  new Gauge({
    name: 'mason_webhooks',
    help: 'Webhooks by state',
    labelNames: ['state'],
    registers: [platform],
    async collect() {
      const { rows } = await db.query<{ working: number; failing: number; disabled: number }>(sql`
        SELECT count(*) FILTER (WHERE is_enabled AND failing_since IS NULL)::int AS working,
          count(*) FILTER (WHERE is_enabled AND failing_since IS NOT NULL)::int AS failing,
          count(*) FILTER (WHERE NOT is_enabled)::int AS disabled
        FROM webhook WHERE deleted_at IS NULL`)
      for (const [state, count] of Object.entries(rows[0] ?? {})) this.set({ state }, count)
    },
  })
}
