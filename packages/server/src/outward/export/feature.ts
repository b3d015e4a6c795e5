import type { Config } from '../../config.ts'
import type { Feature } from '../../core/feature.ts'
import type { Storage } from '../../core/storage/storage.ts'
import { expireExports } from './expire.ts'
import { exportRoutes } from './routes.ts'
import { exportTask } from './task.ts'

export function exports({ config, storage }: { config: Config; storage: Storage }): Feature {
  const task = exportTask(storage)
  return {
    routes: (router) => exportRoutes(router, storage, task),
    tasks: [task],
    jobs: [expireExports(config.EXPORT_DAYS)],
  }
}
