import type { Feature } from '../../core/feature.ts'
import { expireIdempotency } from '../expire.ts'
import { apiKeyRoutes } from './routes.ts'

export const apiKeys = (): Feature => ({ routes: apiKeyRoutes, jobs: [expireIdempotency] })
