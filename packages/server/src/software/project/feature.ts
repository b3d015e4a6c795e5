import type { Feature } from '../../core/feature.ts'
import { projectRoutes } from './routes.ts'

export const projects = (): Feature => ({ routes: projectRoutes })
