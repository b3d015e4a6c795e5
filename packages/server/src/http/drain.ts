import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

const patienceMs = 30_000

/** Counts the requests in flight, so that a shutdown can wait for them while new ones are still answered. */
export function drainable(app: FastifyInstance): { isDraining(): boolean; drain(): Promise<void> } {
  let isDraining = false
  let inFlight = 0
  app.addHook('onRequest', (_request, reply, done) => {
    inFlight++
    if (isDraining) reply.header('connection', 'close')
    reply.raw.once('close', () => {
      inFlight--
    })
    done()
  })
  return {
    isDraining: () => isDraining,
    drain: async () => {
      isDraining = true
      const deadline = Date.now() + patienceMs
      while (inFlight > 0 && Date.now() < deadline) await sleep(10)
    },
  }
}
