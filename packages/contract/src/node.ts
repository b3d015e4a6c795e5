import type { Static } from 'typebox'
import * as T from 'typebox'
import { ErrorBody, Fleet, Time } from './common.ts'
import { route } from './route.ts'

/** What a node serves: the API and the Controller, devices, or the work in the background. */
export const roles = ['api', 'gateway', 'worker'] as const
export type Role = (typeof roles)[number]

/** A running server process. Source: docs/contract.md §14. */
export const Node = T.Object(
  {
    id: T.String({ format: 'uuid', description: 'new at every start' }),
    host: T.String({ description: 'the name of its machine', examples: ['node-1'] }),
    version: T.String({ examples: ['0.1.0'] }),
    startedAt: Time,
    seenAt: T.String({ format: 'date-time', description: 'its last sign of life; there is one every five seconds' }),
    roles: T.Array(T.Enum(roles), { description: 'what it serves' }),
    connections: T.Integer({ minimum: 0, description: 'open connections of all kinds, at its last sign of life' }),
    eventLagMs: T.Integer({
      minimum: 0,
      description: 'age of the oldest transaction that may have held back events, at its last sign of life',
    }),
    warnings: T.Array(T.String(), {
      description:
        'what is wrong with its settings, certificates, clock, disk and limits, as sentences that say what to do; looked at every minute',
    }),
    state: T.Enum(['up', 'draining', 'down'], {
      description: '`down`: no sign of life for 30 seconds; `draining`: it was told to stop and still answers',
    }),
  },
  { title: 'Node' },
)
export type Node = Static<typeof Node>

export const listNodes = route({
  method: 'GET',
  url: '/v1/:fleet/node',
  config: { scope: 'account:owner', reach: 'account' },
  schema: {
    operationId: 'listNodes',
    summary: 'List the nodes of the platform',
    description:
      "All of them, the newest first; only for keys and users of the platform's first account. A node that stops in order leaves the list at once; one that went down stays for a day.",
    tags: ['Platform'],
    params: Fleet,
    response: { 200: T.Object({ data: T.Array(Node) }), default: ErrorBody },
  },
})
