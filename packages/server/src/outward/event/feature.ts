import type { Config } from '../../config.ts'
import type { Background } from '../../core/background.ts'
import type { Database } from '../../core/db/database.ts'
import type { Feature } from '../../core/feature.ts'
import type { Guard } from '../../core/http/guard.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import { measureLag } from './lag.ts'
import { rollEvents } from './roll-events.ts'
import { eventRoutes } from './routes.ts'
import { EventStreams } from './stream.ts'

interface Needs {
  config: Config
  database: Database
  background: Background
  metrics: Metrics
  access: { guard: Guard }
}

export const events = ({ config, database, background, metrics, access }: Needs): Feature => ({
  routes: (router, http) => {
    const streams = new EventStreams(database, background)
    http.addHook('preClose', async () => streams.close())
    eventRoutes(router, streams, access.guard)
    measureLag(metrics.platform, database)
  },
  jobs: [rollEvents(config.EVENT_DAYS)],
})
