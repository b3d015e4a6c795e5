import { healthz, metrics as metricsRoute, readyz } from '@mason/contract/platform'
import sql from 'sql-template-tag'
import { isPrincipal } from '../../core/actor.ts'
import { AppError, notFound } from '../../core/errors.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import type { Router } from '../../core/http/router.ts'
import type { Counted } from '../../core/workers/messages.ts'
import { expose } from './expose.ts'

export interface Needs {
  metrics: Metrics
  /** What the other workers of this machine have counted. */
  countedByOthers: () => Promise<Counted>
  isDraining: () => boolean
}

/** What a load balancer and a monitor ask. */
export function platformRoutes({ add }: Router, { metrics, countedByOthers, isDraining }: Needs): void {
  add(healthz, () => '{"status":"ok"}')
  add(readyz, async ({ db }) => {
    if (isDraining()) throw new AppError('api_error', 'This node is shutting down', { status: 503, retryAfter: 1 })
    await db.query(sql`SELECT 1`)
    return '{"status":"ok"}'
  })
  add(metricsRoute, async ({ actor, reply }) => {
    if (!isPrincipal(actor) || !actor.isOperator) throw notFound('path')
    reply.header('content-type', metrics.registry.contentType)
    return expose(metrics, countedByOthers)
  })
}
