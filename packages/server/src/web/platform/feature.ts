import type { Feature } from '../../core/feature.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import { platformRoutes } from './routes.ts'

export const platform = ({ metrics, isDraining }: { metrics: Metrics; isDraining: () => boolean }): Feature => ({
  routes: (router) => platformRoutes(router, metrics, isDraining),
})
