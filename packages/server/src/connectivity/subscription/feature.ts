import type { Feature } from '../../core/feature.ts'
import { subscriptionRoutes } from './routes.ts'

export const subscriptions = (): Feature => ({ routes: subscriptionRoutes })
