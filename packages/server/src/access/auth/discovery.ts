import { allowInsecureRequests, type Configuration, discovery } from 'openid-client'
import type { Config } from '../../config.ts'

const timeoutSeconds = 10

export type ProviderConfig = Pick<Config, 'OIDC_CLIENT_SECRET'> & { OIDC_ISSUER: string; OIDC_CLIENT_ID: string }

/** Reads the configuration of the identity provider. */
export function discoverProvider({
  OIDC_ISSUER,
  OIDC_CLIENT_ID,
  OIDC_CLIENT_SECRET,
}: ProviderConfig): Promise<Configuration> {
  const issuer = new URL(OIDC_ISSUER)
  return discovery(issuer, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, undefined, {
    timeout: timeoutSeconds,
    ...(issuer.protocol === 'http:' && { execute: [allowInsecureRequests] }),
  })
}
