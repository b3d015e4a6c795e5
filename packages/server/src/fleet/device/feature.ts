import type { Config } from '../../config.ts'
import type { Database } from '../../core/db/database.ts'
import type { Lanes } from '../../core/db/hot.ts'
import type { Feature } from '../../core/feature.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import type { WakeUps } from '../wake-ups.ts'
import { measureDevices } from './measure.ts'
import { rollLocations } from './roll-locations.ts'
import { deviceRoutes } from './routes.ts'
import type { Reset } from './service.ts'

interface Needs {
  config: Config
  database: Database
  metrics: Metrics
  lanes: Lanes
  wakeUps: WakeUps
  reset: Reset
}

export const devices = ({ config, database, metrics, lanes, wakeUps, reset }: Needs): Feature => ({
  routes: (router) => {
    deviceRoutes(router, { lanes, wakeUps, reset })
    measureDevices(metrics.platform, database)
  },
  jobs: [rollLocations(config.LOCATION_DAYS)],
})
