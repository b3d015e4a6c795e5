import type { Feature } from '../../core/feature.ts'
import { expireXray } from './expire.ts'
import { type XrayNeeds, xrayRoutes } from './routes.ts'

interface Needs {
  config: Parameters<typeof expireXray>[0]
  xrayNeeds: XrayNeeds
}

export const xray = ({ config, xrayNeeds }: Needs): Feature => ({
  routes: (router) => xrayRoutes(router, xrayNeeds),
  jobs: expireXray(config),
})
