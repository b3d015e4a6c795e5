import type { Feature } from '../../core/feature.ts'
import { accountRoutes } from './routes.ts'

export const accounts = (): Feature => ({ routes: accountRoutes })
