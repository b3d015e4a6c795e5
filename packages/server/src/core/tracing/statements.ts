import { type Context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { type Statement, statements } from '../db/statements.ts'
import { summaryOf } from './summary.ts'

/** Makes a span of each statement that is sent for a request or a job: its verb and tables, never its values. */
export function watchStatements(tracer: Tracer, active: () => Context): () => void {
  const open = new WeakMap<object, Span>()
  const end = (message: object) => {
    open.get(message)?.end()
    open.delete(message)
  }
  const listeners = {
    start: (message: Statement) => {
      const parent = active()
      if (!trace.getSpan(parent)) return
      const summary = summaryOf(message.text)
      const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': summary }
      open.set(message, tracer.startSpan(summary, { kind: SpanKind.CLIENT, attributes }, parent))
    },
    error: (message: Statement & { error: unknown }) => {
      open.get(message)?.setAttribute('error.type', errorType(message.error)).setStatus({ code: SpanStatusCode.ERROR })
    },
    end: (_message: object) => {},
    asyncStart: (_message: object) => {},
    asyncEnd: end,
  }
  statements.subscribe(listeners)
  return () => void statements.unsubscribe(listeners)
}

/** What kind of error it is; the message may hold values. */
export const errorType = (error: unknown): string => {
  const { code, name } = error as { code?: unknown; name?: unknown }
  return String(code ?? name ?? 'unknown')
}
