import type { Config } from '../../config.ts'
import type { Db } from '../../core/db/database.ts'
import type { Feature } from '../../core/feature.ts'
import type { Guard } from '../../core/http/guard.ts'
import type { Sealer } from '../../core/sealer.ts'
import { expireSignIns } from '../expire.ts'
import type { Links } from '../user/link.ts'
import type { Cookies } from './cookies.ts'
import { oidcRoutes } from './oidc.ts'
import { forgottenPasswords } from './password.ts'
import { authRoutes } from './routes.ts'
import type { SignedInUsers } from './signed-in-users.ts'

interface Needs {
  config: Config
  database: Db
  sealer: Sealer
  access: { guard: Guard; cookies: Cookies; users: SignedInUsers }
  links: Links
}

export function signIn({ config, database: db, sealer, access, links }: Needs): Feature {
  const forgotten = forgottenPasswords(links, sealer)
  const { guard, cookies, users } = access
  return {
    routes: (router, http) => {
      const oidc = oidcRoutes(http, config, { db, sealer, cookies, guard, publicUrl: links.publicUrl })
      authRoutes(router, { db, sealer, cookies, users, links, forgotten, oidc })
    },
    tasks: [forgotten.task],
    jobs: [expireSignIns],
  }
}
