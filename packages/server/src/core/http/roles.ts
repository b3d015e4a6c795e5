import type { Role } from '@mason/contract/node'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'
import { sendError } from './errors.ts'
import type { Guard } from './guard.ts'

/** What every node answers, for whoever watches it. */
const everywhere = ['/healthz', '/readyz', '/metrics']
/** What devices call; everything else is for the API. A load balancer goes by the same paths (docs/scale-out.md). */
const forDevices = /^\/(agent\/|hw-|rest\/public\/agent\/|mqtt\/?$)/

function roleServing(path: string): Role | undefined {
  if (everywhere.includes(path)) return undefined
  return forDevices.test(path) ? 'gateway' : 'api'
}

/** Answers 404 to what nodes of another role serve, and says which, before anybody is asked for a credential. */
export function refuseOtherRoles(http: FastifyInstance, roles: readonly Role[], guard: Guard): void {
  if (roles.includes('api') && roles.includes('gateway')) return
  http.addHook('onRequest', (request, reply, done) => {
    const [path = ''] = request.url.split('?', 1)
    // The path of a route is decoded; that of the Controller's pages stands for any.
    const { url: route = '*' } = request.routeOptions
    const role = roleServing(route.includes('*') ? path : route)
    if (role === undefined || roles.includes(role)) return done()
    guard.announceAddress(request, reply)
    const message = `This node does not serve ${request.method} ${path}: a node with the role ${role} does`
    sendError(reply, new AppError('not_found_error', message))
  })
}
