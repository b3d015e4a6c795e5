import type { Config } from '../../config.ts'
import type { Feature } from '../../core/feature.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import type { Gateway } from './gateway.ts'
import { measureConnections } from './measure.ts'
import { sweepPresence } from './sweep-presence.ts'

interface Needs {
  config: Config
  metrics: Metrics
  gateway: Pick<Gateway, 'connections'>
}

export const mqtt = ({ config, metrics, gateway }: Needs): Feature => ({
  routes: () => measureConnections(metrics.registry, gateway.connections),
  jobs: [sweepPresence(config.CHECKIN_SECONDS)],
})
