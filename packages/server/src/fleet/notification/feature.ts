import { notificationStates } from '@mason/contract/notification'
import type { Config } from '../../config.ts'
import type { Database } from '../../core/db/database.ts'
import type { Feature } from '../../core/feature.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import { measureCounts } from '../../core/jobs/measure-counts.ts'
import type { WakeUps } from '../wake-ups.ts'
import { expireNotifications } from './expire-notifications.ts'
import { forgetNotifications } from './forget-notifications.ts'
import { queueBatchTask } from './queue-batch.ts'
import { notificationRoutes } from './routes.ts'
import { takeBackBatch } from './take-back.ts'
import { wakeNotifications } from './wake-notifications.ts'

interface Needs {
  config: Config
  database: Database
  metrics: Metrics
  wakeUps: WakeUps
}

export const notifications = ({ config, database, metrics, wakeUps }: Needs): Feature => {
  const queueBatch = queueBatchTask(wakeUps)
  return {
    routes: (router) => {
      notificationRoutes(router, { wakeUps, queueBatch })
      const help = 'Commands of all accounts by state; those that ended stay counted past their retention'
      const counts = { name: 'mason_commands', help, kind: 'command', states: notificationStates }
      measureCounts(metrics.platform, database, counts)
    },
    tasks: [queueBatch, takeBackBatch],
    jobs: [expireNotifications, wakeNotifications, forgetNotifications(config.EVENT_DAYS)],
  }
}
