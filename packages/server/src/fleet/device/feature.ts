import type { Config } from '../../config.ts'
import { jobTask } from '../../core/bulk/task.ts'
import type { Database } from '../../core/db/database.ts'
import type { Lanes } from '../../core/db/hot.ts'
import type { Feature } from '../../core/feature.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import type { WakeUps } from '../wake-ups.ts'
import { bulkWork } from './bulk.ts'
import type { Reset } from './change.ts'
import { eraseDevice } from './erase.ts'
import { importWork } from './import.ts'
import { measureDevices } from './measure.ts'
import { rollLocations } from './roll-locations.ts'
import { deviceRoutes } from './routes.ts'

interface Needs {
  config: Config
  database: Database
  metrics: Metrics
  lanes: Lanes
  wakeUps: WakeUps
  reset: Reset
}

export const devices = ({ config, database, metrics, lanes, wakeUps, reset }: Needs): Feature => {
  const [bulk, lines] = [jobTask(bulkWork(reset)), jobTask(importWork(reset))]
  return {
    routes: (router) => {
      deviceRoutes(router, { database, lanes, wakeUps, reset, bulk, lines })
      measureDevices(metrics.platform, database)
    },
    tasks: [bulk, lines, eraseDevice],
    jobs: [rollLocations(config.LOCATION_DAYS)],
  }
}
