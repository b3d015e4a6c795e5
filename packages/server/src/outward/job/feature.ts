import type { Config } from '../../config.ts'
import type { Feature } from '../../core/feature.ts'
import { forgetJobs } from './forget.ts'
import { jobRoutes } from './routes.ts'

export const jobs = ({ config }: { config: Config }): Feature => ({
  routes: jobRoutes,
  jobs: [forgetJobs(config.EVENT_DAYS)],
})
