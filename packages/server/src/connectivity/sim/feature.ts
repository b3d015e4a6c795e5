import type { Feature } from '../../core/feature.ts'
import { bulkTask } from './bulk.ts'
import { simRoutes } from './routes.ts'

export const sims = (): Feature => ({ routes: simRoutes, tasks: [bulkTask] })
