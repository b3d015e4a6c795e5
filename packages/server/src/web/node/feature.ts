import type { Feature } from '../../core/feature.ts'
import { forgetNodes } from './forget.ts'
import { nodeRoutes } from './routes.ts'

export const nodes = (): Feature => ({ routes: nodeRoutes, jobs: [forgetNodes] })
