import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import type { Feature } from '../../core/feature.ts'
import { agentPackageRoutes } from './routes.ts'

const built = path.join(import.meta.dirname, '../../../../agent/dist')

/** The agent for Linux, as an npm package that needs nothing else. */
export const agentPackage = ({ log }: { log: FastifyBaseLogger }): Feature => ({
  routes: (_router, http) => {
    const [archive, description] = ['mason-agent.tgz', 'mason-agent.json'].map((name) => path.join(built, name))
    if (archive && description && existsSync(archive) && existsSync(description))
      agentPackageRoutes(http, { archive: readFileSync(archive), description: readFileSync(description, 'utf8') })
    else log.warn('The agent is not packed (npm run build -w packages/agent): there is no /agent/mason-agent.tgz')
  },
})
