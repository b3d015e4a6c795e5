import type { Feature } from '../../core/feature.ts'
import { groupRoutes } from './routes.ts'

export const groups = (): Feature => ({ routes: groupRoutes })
