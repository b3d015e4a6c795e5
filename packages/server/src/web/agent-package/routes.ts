import { hash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

interface Files {
  /** What `npm install` takes. */
  archive: Buffer
  /** Which one it is, for agents that look for another. */
  description: string
}

/** Serves the packed agent to whoever asks: it holds no secret. */
export function agentPackageRoutes(http: FastifyInstance, { archive, description }: Files): void {
  const options = { schema: { hide: true } }
  const etag = `"${hash('sha256', archive, 'base64url')}"`
  http.get('/agent/mason-agent.tgz', { ...options, compress: false }, (request, reply) => {
    reply.header('etag', etag).header('cache-control', 'no-cache')
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
    return reply.type('application/gzip').send(archive)
  })
  http.get('/agent/mason-agent.json', options, (_request, reply) =>
    reply.header('cache-control', 'no-cache').type('application/json; charset=utf-8').send(description),
  )
}
