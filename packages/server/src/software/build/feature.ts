import type { Feature } from '../../core/feature.ts'
import { buildTask } from './build.ts'
import { buildRoutes } from './routes.ts'

export const builds = (): Feature => ({ routes: buildRoutes, tasks: [buildTask] })
