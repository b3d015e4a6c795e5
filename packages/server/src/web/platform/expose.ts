import { Registry } from '@prometheus-io/client'
import type { Metrics } from '../../core/http/metrics.ts'
import type { Counted } from '../../core/workers/messages.ts'

/** What a node says to Prometheus: of itself and the other workers of its machine, added up, and of the platform. */
export async function expose({ registry, platform }: Metrics, others: () => Promise<Counted>): Promise<string> {
  const all = await Promise.all([registry.getMetricsAsJSON(), platform.getMetricsAsJSON(), others()])
  return Registry.aggregate(all).metrics()
}
