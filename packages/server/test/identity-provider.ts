import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

/** Who the provider says is there. */
export interface Identity {
  sub: string
  email: string
  email_verified: boolean
}

/** A real OpenID provider on this machine, whose user agrees to everything at once. */
export async function startIdentityProvider() {
  let handle: (request: IncomingMessage, response: ServerResponse) => void = () => {}
  const server = createServer((request, response) => handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let identity: Identity = { sub: '', email: '', email_verified: false }

  const accept = async (provider: Provider, request: IncomingMessage, response: ServerResponse) => {
    const { params, prompt } = await provider.interactionDetails(request, response)
    if (prompt.name === 'login') {
      await provider.interactionFinished(request, response, { login: { accountId: identity.sub } })
      return
    }
    const grant = new provider.Grant({ accountId: identity.sub, clientId: String(params.client_id) })
    grant.addOIDCScope(String(params.scope))
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
  }

  return {
    issuer,
    clientId: 'mason',
    clientSecret: 'a secret that both know',
    /** Who signs in from now on. */
    be: (who: Identity) => {
      identity = who
    },
    /** Begins to serve, once it is known where the platform is. */
    serve: async (redirectUri: string) => {
      const { privateKey } = await generateKeyPair('RS256', { extractable: true })
      const provider = new Provider(issuer, {
        clients: [{ client_id: 'mason', client_secret: 'a secret that both know', redirect_uris: [redirectUri] }],
        cookies: { keys: ['only for tests'] },
        claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
        features: { devInteractions: { enabled: false } },
        interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
        findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ ...identity }) }),
        pkce: { required: () => true },
        // Said, so that the provider does not complain of defaults.
        ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
        jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
      })
      const callback = provider.callback()
      handle = (request, response) => {
        if (request.url?.startsWith('/interaction/')) accept(provider, request, response).catch(() => response.end())
        else callback(request, response)
      }
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  }
}
