import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Background } from '../background.ts'
import type { Database } from '../db/database.ts'

/** What this node counts about itself. */
export interface Metrics {
  registry: Registry
  checkins: Counter
}

/** Measures every request by route, the pool, the process and its event loop. */
export function measure(app: FastifyInstance, database: Database, background: Background): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  registry.registerMetric(background.failures)
  const durations = new Histogram({
    name: 'mason_http_request_duration_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })
  const checkins = new Counter({ name: 'mason_checkins_total', help: 'Check-ins committed', registers: [registry] })
  new Gauge({
    name: 'mason_database_pool_connections',
    help: 'Connections to PostgreSQL by state',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { totalCount, idleCount, waitingCount } = database.pool
      this.set({ state: 'idle' }, idleCount)
      this.set({ state: 'busy' }, totalCount - idleCount)
      this.set({ state: 'awaited' }, waitingCount)
    },
  })

  // Resolving labels anew for every request costs more than the observation itself.
  const observers = new Map<string, { observe(seconds: number): void }>()
  const observerOf = (request: FastifyRequest, reply: FastifyReply) => {
    const route = request.routeOptions.url ?? 'unknown'
    const name = `${request.method} ${route} ${reply.statusCode}`
    let observer = observers.get(name)
    if (!observer) {
      observer = durations.labels({ method: request.method, route, status: String(reply.statusCode) })
      observers.set(name, observer)
    }
    return observer
  }
  app.addHook('onResponse', (request, reply, done) => {
    observerOf(request, reply).observe(reply.elapsedTime / 1000)
    done()
  })
  return { registry, checkins }
}
