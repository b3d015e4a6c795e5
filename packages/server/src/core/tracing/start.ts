import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { version } from '../version.ts'
import { watchRequests } from './requests.ts'
import { errorType, watchStatements } from './statements.ts'
import type { Tracing } from './tracing.ts'

interface Options {
  /** The collector; traces go to `/v1/traces` below it. */
  endpoint: string
  /** The share of traces that is sent, where whoever asked has not decided it. */
  share: number
}

/** Nothing global is set: several nodes of one process keep apart. */
export function startTracing({ endpoint, share }: Options): Tracing {
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'mason', 'service.version': version }))
    .merge(detectResources({ detectors: [envDetector] }))
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` })
  const provider = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  })
  const tracer = provider.getTracer('mason', version)
  const contexts = new AsyncLocalStorageContextManager().enable()
  const stopWatching = watchStatements(tracer, () => contexts.active())

  const under = <T>(context: Context, work: () => T): T => contexts.with(context, work)
  return {
    watch: (http) => watchRequests(http, tracer, under),
    job: (name, work) => {
      const span = tracer.startSpan(
        `job ${name}`,
        { kind: SpanKind.INTERNAL, attributes: { 'mason.job': name } },
        ROOT_CONTEXT,
      )
      return under(trace.setSpan(ROOT_CONTEXT, span), work)
        .catch((error: unknown) => {
          span.setAttribute('error.type', errorType(error)).setStatus({ code: SpanStatusCode.ERROR })
          throw error
        })
        .finally(() => span.end())
    },
    stop: async () => {
      stopWatching()
      await provider.shutdown()
    },
  }
}
