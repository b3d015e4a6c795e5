import type { Feature } from '../../core/feature.ts'
import { type Needs, platformRoutes } from './routes.ts'

export const platform = (needs: Needs): Feature => ({ routes: (router) => platformRoutes(router, needs) })
