import type { Config } from '../../config.ts'
import type { Background } from '../../core/background.ts'
import type { Database } from '../../core/db/database.ts'
import type { Feature } from '../../core/feature.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import type { Mailer } from '../../core/mail/mailer.ts'
import { Guard } from '../../core/outbound/guard.ts'
import { Outbound } from '../../core/outbound/post.ts'
import type { Sealer } from '../../core/sealer.ts'
import { Deliverer } from './deliverer.ts'
import { forgetDeliveries } from './forget.ts'
import { countAttempts, measureWebhooks } from './metrics.ts'
import { replay } from './replay.ts'
import { webhookRoutes } from './routes.ts'

interface Needs {
  config: Config
  database: Database
  background: Background
  sealer: Sealer
  mailer: Mailer | undefined
  metrics: Metrics
  publicUrl: () => string
}

export const webhooks = ({ config, database, background, sealer, mailer, metrics, publicUrl }: Needs): Feature => {
  const allowed = (config.WEBHOOK_ALLOW_HOSTS ?? '').split(',').map((host) => host.trim())
  const guard = new Guard(allowed, 'WEBHOOK_ALLOW_HOSTS')
  const rules = { guard, config }
  const attempts = countAttempts(metrics)
  return {
    routes: (router) => {
      webhookRoutes(router, { ...rules, sealer })
      measureWebhooks(metrics, database)
    },
    tasks: [replay],
    jobs: [forgetDeliveries],
    work: {
      name: 'the webhooks',
      start: () => {
        const outbound = new Outbound(guard)
        const deliverer = new Deliverer({
          ...{ ...rules, outbound, sealer, database, background, attempts },
          post: { mailer, publicUrl },
        })
        return { stop: () => deliverer.stop().finally(() => outbound.close()) }
      },
    },
  }
}
