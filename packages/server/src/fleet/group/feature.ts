import type { Feature } from '../../core/feature.ts'
import { forgetGroups } from './forget.ts'
import { groupRoutes } from './routes.ts'

export const groups = (): Feature => ({ routes: groupRoutes, jobs: [forgetGroups] })
