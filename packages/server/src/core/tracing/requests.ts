import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'

const propagator = new W3CTraceContextPropagator()
const header = { get: (headers: FastifyRequest['headers'], name: string) => headers[name], keys: Object.keys }

type Under = (context: Context, work: () => void) => void

/**
 * Makes a span of each request, below the caller's where `traceparent` names one (W3C Trace Context). It has the route's pattern
 * and no path, header or body: those hold ids, links and secrets.
 */
export function watchRequests(http: FastifyInstance, tracer: Tracer, under: Under): void {
  const open = new WeakMap<FastifyRequest, { span: Span; context: Context }>()
  const enter = (request: FastifyRequest, work: () => void) => {
    const { context } = open.get(request) ?? {}
    if (context) under(context, work)
    else work()
  }
  const end = (request: FastifyRequest, finish: (span: Span) => void) => {
    const { span } = open.get(request) ?? {}
    if (!span) return
    open.delete(request)
    finish(span)
    span.end()
  }

  http.addHook('onRequest', (request, _reply, done) => {
    const parent = propagator.extract(ROOT_CONTEXT, request.headers, header)
    const span = tracer.startSpan(...describe(request), parent)
    open.set(request, { span, context: trace.setSpan(parent, span) })
    enter(request, done)
  })
  // A body arrives in events of the connection, which know of no request.
  http.addHook('preValidation', (request, _reply, done) => enter(request, done))
  http.addHook('onResponse', (request, { statusCode }, done) => {
    end(request, (span) => {
      span.setAttribute('http.response.status_code', statusCode)
      if (statusCode >= 500)
        span.setAttribute('error.type', String(statusCode)).setStatus({ code: SpanStatusCode.ERROR })
    })
    done()
  })
  http.addHook('onRequestAbort', (request, done) => {
    end(request, (span) => span.setAttribute('error.type', 'aborted'))
    done()
  })
}

function describe(request: FastifyRequest) {
  const { url: route, schema } = request.routeOptions
  const operation = (schema as { operationId?: string } | undefined)?.operationId
  const attributes = {
    'http.request.method': request.method,
    'mason.request_id': request.id,
    ...(route !== undefined && { 'http.route': route }),
    ...(operation !== undefined && { 'mason.operation': operation }),
  }
  const name = operation ?? [request.method, route].filter((part) => part !== undefined).join(' ')
  return [name, { kind: SpanKind.SERVER, attributes }] as const
}
