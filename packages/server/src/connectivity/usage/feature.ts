import type { Config } from '../../config.ts'
import type { Feature } from '../../core/feature.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import { foldUsage } from './fold-usage.ts'
import { rollUsage } from './roll-usage.ts'
import { usageRoutes } from './routes.ts'

export const usage = ({ config, metrics }: { config: Config; metrics: Pick<Metrics, 'usageRecords'> }): Feature => ({
  routes: (router) => usageRoutes(router, metrics),
  jobs: [foldUsage, rollUsage(config.USAGE_RECORD_DAYS)],
})
