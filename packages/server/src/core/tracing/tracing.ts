import type { FastifyInstance } from 'fastify'

/** Says what requests and jobs have done, and how long each part took, to an OpenTelemetry collector. */
export interface Tracing {
  /** Makes a span of each request; what is done for it lies below. */
  watch(http: FastifyInstance): void
  /** Does the work of a job as a span. */
  job<T>(name: string, work: () => Promise<T>): Promise<T>
  /** Sends what is still to be sent. */
  stop(): Promise<void>
}
