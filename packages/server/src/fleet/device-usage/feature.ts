import type { Feature } from '../../core/feature.ts'
import { deviceUsageRoutes } from './routes.ts'

export const deviceUsage = (): Feature => ({ routes: deviceUsageRoutes })
