import path from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../../config.ts'
import type { Feature } from '../../core/feature.ts'
import { readConsole } from './files.ts'
import { consoleRoutes } from './routes.ts'

const built = path.join(import.meta.dirname, '../../../../console/dist')

export const controller = ({ config, log }: { config: Config; log: FastifyBaseLogger }): Feature => ({
  routes: (_router, http) => {
    const files = readConsole(built)
    if (files) consoleRoutes(http, files, config)
    else log.warn('The Controller is not built (npm run build -w packages/console): there is nothing to see at /')
  },
})
