import type { Feature } from '../../core/feature.ts'
import type { Sealer } from '../../core/sealer.ts'
import type { AdmitKey, KeyCache } from '../apikey/key-cache.ts'
import type { Cookies } from '../auth/cookies.ts'
import { oauthRoutes } from './routes.ts'
import { rotateSigningKeys, type SigningKeys } from './signing-keys.ts'
import type { Tokens } from './tokens.ts'

interface Needs {
  sealer: Sealer
  access: { guard: { admitKey: AdmitKey }; keys: KeyCache; signing: SigningKeys; tokens: Tokens; cookies: Cookies }
  publicUrl: () => string
}

export const oauth = ({ sealer, access, publicUrl }: Needs): Feature => ({
  routes: (router) => oauthRoutes(router, { ...access, admitKey: access.guard.admitKey, publicUrl }),
  jobs: [rotateSigningKeys(sealer)],
})
