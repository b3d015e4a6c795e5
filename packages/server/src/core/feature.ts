import type { FastifyInstance } from 'fastify'
import type { Router } from './http/router.ts'
import type { PeriodicJob } from './jobs/periodic.ts'
import type { Task } from './jobs/queue.ts'

/** A part of the platform. */
export interface Feature {
  /** What it answers: routes of the contract, and such that are no part of it, as pages. */
  routes?(router: Router, http: FastifyInstance): void
  /** What is done after the change that asked for it. */
  tasks?: readonly Task<never>[]
  /** What is looked after again and again. */
  jobs?: readonly PeriodicJob[]
  /** What it does all the time on a node that works in the background. */
  work?: { name: string; start(): { stop(): Promise<void> } }
}
