import type { Config } from '../../config.ts'
import type { Tracing } from './tracing.ts'

/** Loads the tracing where a collector is set: nobody else pays for it. */
export async function openTracing(config: Config): Promise<Tracing | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: share } = config
  if (endpoint === undefined) return undefined
  const { startTracing } = await import('./start.ts')
  return startTracing({ endpoint, share })
}
