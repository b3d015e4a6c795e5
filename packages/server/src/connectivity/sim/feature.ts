import type { Feature } from '../../core/feature.ts'
import { carryOut, resumeCarrying } from './carry-out.ts'
import { simRoutes } from './routes.ts'

export const sims = (): Feature => ({ routes: simRoutes, tasks: [carryOut], jobs: [resumeCarrying] })
