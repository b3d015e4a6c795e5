import type { Feature } from '../../core/feature.ts'
import type { Storage } from '../../core/storage/storage.ts'
import { queueBatchTask } from '../../fleet/notification/queue-batch.ts'
import type { WakeUps } from '../../fleet/wake-ups.ts'
import { exportTask } from '../export/task.ts'
import { scheduleRoutes } from './routes.ts'
import { runSchedules } from './run.ts'

export const schedules = ({ storage, wakeUps }: { storage: Storage; wakeUps: WakeUps }): Feature => ({
  routes: scheduleRoutes,
  jobs: [runSchedules({ wakeUps, queueBatch: queueBatchTask(wakeUps), exportTask: exportTask(storage) })],
})
