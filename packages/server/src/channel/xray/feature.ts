import type { Lanes } from '../../core/db/hot.ts'
import type { Feature } from '../../core/feature.ts'
import { xrayRoutes } from './routes.ts'

export const xray = ({ lanes }: { lanes: Lanes }): Feature => ({ routes: (router) => xrayRoutes(router, lanes.points) })
