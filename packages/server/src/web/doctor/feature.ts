import type { Feature } from '../../core/feature.ts'
import type { Sealer } from '../../core/sealer.ts'
import { echoRoute } from './echo.ts'

export const doctor = ({ sealer }: { sealer: Sealer }): Feature => ({
  routes: (_router, http) => echoRoute(http, sealer),
})
