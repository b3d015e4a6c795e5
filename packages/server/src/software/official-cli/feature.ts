import type { Config } from '../../config.ts'
import type { Feature } from '../../core/feature.ts'
import type { Guard } from '../../core/http/guard.ts'
import type { Uploads } from '../artifact/upload.ts'
import type { Advance } from '../deployment/running.ts'
import { officialCliLinks } from './links.ts'
import { officialCliRoutes } from './routes.ts'

interface Needs {
  config: Config
  access: { guard: Guard }
  uploads: Uploads
  advance: Advance
}

export const officialCli = ({ config, access, uploads, advance }: Needs): Feature => ({
  routes: (router, http) => {
    officialCliRoutes(router, { uploads, advance, configuredUrl: config.PUBLIC_URL })
    officialCliLinks(http, access.guard)
  },
})
