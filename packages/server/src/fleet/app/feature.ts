import type { Feature } from '../../core/feature.ts'
import { appRoutes } from './routes.ts'

export const apps = (): Feature => ({ routes: appRoutes })
