import swagger from '@fastify/swagger'
import type { Access, Route } from '@mason/contract/route'
import { scopes } from '@mason/contract/scopes'
import reference from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { describeWebhooks } from './openapi-webhooks.ts'

const about = `REST over a fleet of dedicated Android devices and their SIMs.

Every call takes \`Authorization: basic <api-key>\` (the raw key); \`Bearer <api-key>\` and \`Basic base64(<api-key>:)\` work too.
Keys and users get tokens at \`/oauth\`; users have the cookie of a session.
Success is always 200. Lists are paged: pass \`nextPage\` as \`after\`. Errors carry \`type\`, \`message\` and \`requestId\`.
Any POST takes an \`Idempotency-Key\`; every answer says how much of the rate limit is left.`

type Schema = Record<string, unknown>

const rows = { consumes: ['text/csv', 'application/x-ndjson'], body: { type: 'string', description: 'rows' } }

/** Describes the surface from the same objects that serve it: OpenAPI 3.1 at /openapi.json, readable at /docs. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Mason Platform API', description: about, version: '1.0.0' },
      webhooks: describeWebhooks() as Record<string, object>,
      components: {
        securitySchemes: {
          apiKey: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description: '`basic <api-key>`: the raw key, not base64',
          },
          bearer: { type: 'http', scheme: 'bearer', description: 'an API key, or a token of /oauth' },
          oauth2: {
            type: 'oauth2',
            description: 'the id of an API key as client id, the key as client secret',
            flows: {
              clientCredentials: {
                tokenUrl: '/oauth/token',
                scopes: Object.fromEntries(scopes.map((scope) => [scope, scope])),
              },
            },
          },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'mason_session',
            description: 'the session of a signed-in user; `__Host-mason_session` over HTTPS',
          },
          device: { type: 'http', scheme: 'basic', description: "a device's own credential: user = its id" },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      const { scope, reach, isStreamed } = (route.config ?? {}) as Partial<Route['config']>
      return {
        schema: { ...schema, ...security(scope), ...(reach && { 'x-reach': reach }), ...(isStreamed && rows) },
        url,
      }
    },
    transformObject: (document) =>
      'openapiObject' in document ? nameSchemas(document.openapiObject) : document.swaggerObject,
  })
  app.get('/openapi.json', { schema: { hide: true }, config: { scope: 'public' } }, () => app.swagger())
  await app.register(reference, {
    routePrefix: '/docs',
    configuration: { url: '/openapi.json', withDefaultFonts: false, telemetry: false, hideClientButton: true },
  })
}

function security(access: Access | undefined): Schema {
  if (access === undefined || access === 'public') return { security: [] }
  if (access === 'device') return { security: [{ device: [] }] }
  if (access === 'session' || access === 'signing-in') return { security: [{ session: [] }] }
  const needed = access === 'any' ? [] : [access].flat()
  // To hold one of several scopes is enough.
  const tokens = needed.length === 0 ? [{ oauth2: [] }] : needed.map((scope) => ({ oauth2: [scope] }))
  const security = [{ apiKey: needed }, { bearer: needed }, ...tokens, { session: [] }]
  return { security, ...(access !== 'any' && { 'x-scope': access }) }
}

/** Moves every schema that has a title to the components, so that a document says each thing once. */
function nameSchemas<T extends object>(document: T): T {
  const named: Record<string, unknown> = {}
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit)
    if (typeof value !== 'object' || value === null) return value
    const copy = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, visit(member)]))
    const { title } = copy
    if (typeof title !== 'string' || !('type' in copy)) return copy
    named[title] = copy
    return { $ref: `#/components/schemas/${title}` }
  }
  const { info, ...rest } = document as Schema
  const visited = visit(rest) as Schema
  const components = { ...(visited.components as Schema), schemas: named }
  return { info, ...visited, components } as unknown as T
}
