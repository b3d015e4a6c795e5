import type { Feature } from '../../core/feature.ts'
import { viewRoutes } from './routes.ts'

export const views = (): Feature => ({ routes: viewRoutes })
