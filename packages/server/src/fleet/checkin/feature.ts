import type { Feature } from '../../core/feature.ts'
import { checkinRoutes } from './routes.ts'
import type { Checkins } from './service.ts'

export const checkIns = ({ checkins }: { checkins: Checkins }): Feature => ({
  routes: (router) => checkinRoutes(router, checkins),
})
