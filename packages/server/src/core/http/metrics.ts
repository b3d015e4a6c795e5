import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Background } from '../background.ts'
import type { Database } from '../db/database.ts'

type Depth = () => number | Promise<number>

/** What a node counts. */
export interface Metrics {
  /** About itself; of several nodes these are added up. */
  registry: Registry
  /** About the platform: the same on every node. */
  platform: Registry
  checkins: Counter
  usageRecords: Counter
  /** Shows how many wait in a queue of this node. */
  watchQueue(queue: string, depth: Depth): void
  /** Shows how many wait in a queue of the database. */
  watchSharedQueue(queue: string, depth: Depth): void
}

/** Gauges and others of Node whose names break the rules of Prometheus; what they say is there under other names. */
const misnamed = [
  'active_resources_total',
  'active_handles_total',
  'active_requests_total',
  'eventloop_utilization_summary',
  'eventloop_utilization_histogram',
]

/** Measures every request by route, the pool, the process and its event loop. */
export function measure(app: FastifyInstance, database: Database, background: Background): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(`nodejs_${name}`)
  registry.registerMetric(background.failures)
  registry.registerMetric(background.jobFailures)
  const durations = new Histogram({
    name: 'mason_http_request_duration_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })
  const checkins = new Counter({ name: 'mason_checkins_total', help: 'Check-ins committed', registers: [registry] })
  const usageRecords = new Counter({
    name: 'mason_usage_records_total',
    help: 'Usage records committed, without duplicates',
    registers: [registry],
  })
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

  const platform = new Registry()
  const watchQueue = measureQueues(registry)
  watchQueue('database', () => database.pool.waitingCount)
  measureLoop(app, registry)

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
  return { registry, platform, checkins, usageRecords, watchQueue, watchSharedQueue: measureQueues(platform) }
}

function measureQueues(registry: Registry): (queue: string, depth: Depth) => void {
  const queues = new Map<string, Depth>()
  new Gauge({
    name: 'mason_queue_depth',
    help: 'How many wait, by queue',
    labelNames: ['queue'],
    registers: [registry],
    async collect() {
      for (const [queue, depth] of queues) this.set({ queue }, await depth())
    },
  })
  return (queue, depth) => void queues.set(queue, depth)
}

const lookMs = 20

/** While a turn of the event loop goes on, every request of this process waits. */
function measureLoop(app: FastifyInstance, registry: Registry): void {
  const delays = new Histogram({
    name: 'mason_event_loop_delay_seconds',
    help: `How late a turn of the event loop began, looked at every ${lookMs} ms`,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })
  let due = performance.now() + lookMs
  const timer = setInterval(() => {
    const now = performance.now()
    delays.observe(Math.max(0, now - due) / 1000)
    due = now + lookMs
  }, lookMs).unref()
  app.addHook('onClose', async () => clearInterval(timer))
}
