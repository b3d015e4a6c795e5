import * as T from 'typebox'
import { bare } from './common.ts'
import { route } from './route.ts'

const Health = T.Object({ status: T.String({ examples: ['ok'] }) }, { title: 'Health' })
const tags = ['Platform']

export const healthz = route({
  method: 'GET',
  url: '/healthz',
  config: { scope: 'public' },
  schema: { operationId: 'healthz', summary: 'Check that the process is alive', tags, response: bare(Health) },
})

export const readyz = route({
  method: 'GET',
  url: '/readyz',
  config: { scope: 'public' },
  schema: { operationId: 'readyz', summary: 'Check that this node can serve requests', tags, response: bare(Health) },
})

export const metrics = route({
  method: 'GET',
  url: '/metrics',
  config: { scope: 'fleet:read', reach: 'account' },
  schema: {
    operationId: 'metrics',
    summary: 'Read the Prometheus metrics of this node',
    description: "They describe the whole node, so only keys of the platform's first account can read them.",
    tags,
    response: { 200: T.String({ description: 'Prometheus text format' }) },
  },
})
