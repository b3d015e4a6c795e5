import { discoverProvider, type ProviderConfig } from '../../../access/auth/discovery.ts'
import type { Check } from '../check.ts'

/** The OpenID provider: its configuration is read, as at the first sign-in. */
export const signIn: Check = {
  name: 'single sign-on',
  look: async ({ config }) => {
    const { OIDC_ISSUER, OIDC_CLIENT_ID } = config
    if (OIDC_ISSUER === undefined || OIDC_CLIENT_ID === undefined) return { skipped: 'OIDC_ISSUER is not set' }
    const wanted: ProviderConfig = { ...config, OIDC_ISSUER, OIDC_CLIENT_ID }
    try {
      await discoverProvider(wanted)
    } catch (error) {
      const { message, cause } = error as Error
      const reason = cause instanceof Error ? cause.message : message
      throw new Error(
        `OIDC_ISSUER=${OIDC_ISSUER} gives no configuration (${reason}); open ${OIDC_ISSUER.replace(/\/$/, '')}/.well-known/openid-configuration and set the very issuer that it names`,
        { cause: error },
      )
    }
    return { seen: `${OIDC_ISSUER} answers` }
  },
}
