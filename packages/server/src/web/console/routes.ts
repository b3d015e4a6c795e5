import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config.ts'
import { notFound } from '../../core/errors.ts'
import { readOrigins } from '../../core/settings/url.ts'
import type { Asset, ConsoleFiles } from './files.ts'

/** The first part of every path of the Controller. */
const sections = [
  'devices',
  'groups',
  'commands',
  'apps',
  'schedules',
  'enrollment',
  'activity',
  'alerts',
  'sims',
  'usage',
  'plan',
  'exports',
  'jobs',
  'artifacts',
  'projects',
  'deployments',
  'keys',
  'users',
  'webhooks',
  'audit',
  'xray',
  'nodes',
  'profile',
  'sign-in',
  'join',
  'reset',
]

const headers = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
}

/** Nothing from elsewhere but the map that the operator chose, nothing inline but the style sheets that carry this answer's nonce. */
const pagePolicy = (nonce: string, mapOrigins: readonly string[]) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    ["connect-src 'self'", ...mapOrigins].join(' '),
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')

/** Workers are held by the policy of their own file: that of the map fetches tiles, that of the decoder is WebAssembly. */
const assetPolicy = (mapOrigins: readonly string[]) =>
  ["default-src 'none'; script-src 'wasm-unsafe-eval'; connect-src 'self'", ...mapOrigins].join(' ')

type MapConfig = Pick<Config, 'MAP_STYLE_URL' | 'MAP_ORIGINS'>

/** Serves the built Controller at `/`. */
export function consoleRoutes(http: FastifyInstance, { page, assets }: ConsoleFiles, config: MapConfig): void {
  const mapStyle = config.MAP_STYLE_URL === undefined ? undefined : new URL(config.MAP_STYLE_URL)
  const mapOrigins = mapStyle ? [mapStyle.origin, ...(readOrigins(config.MAP_ORIGINS ?? '') ?? [])] : []
  const parts = page
    .replace('__MAP_STYLE__', mapStyle?.href.replaceAll('&', '&amp;') ?? '')
    .replace('__MAP_ORIGINS__', mapOrigins.join(' '))
    .split('__CSP_NONCE__')

  const options = { schema: { hide: true } }
  const sendPage = (_request: FastifyRequest, reply: FastifyReply) => {
    const nonce = randomBytes(16).toString('base64')
    return reply
      .headers({
        ...headers,
        'content-security-policy': pagePolicy(nonce, mapOrigins),
        'cache-control': 'no-cache',
      })
      .type('text/html; charset=utf-8')
      .send(parts.join(nonce))
  }
  http.get('/', options, sendPage)
  for (const section of sections) {
    http.get(`/${section}`, options, sendPage)
    http.get(`/${section}/*`, options, sendPage)
  }
  // An unknown path is a 404 for everybody; whoever typed it into a browser sees a page that says so.
  http.get('/*', options, (request, reply) => {
    if (request.headers.accept?.includes('text/html')) return sendPage(request, reply.code(404))
    return reply.callNotFound()
  })
  const policy = assetPolicy(mapOrigins)
  http.get<{ Params: { name: string } }>('/assets/:name', options, (request, reply) => {
    const asset = assets.get(request.params.name)
    if (!asset) throw notFound('file')
    return sendAsset(asset, policy, request, reply)
  })
}

function sendAsset(asset: Asset, policy: string, request: FastifyRequest, reply: FastifyReply) {
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const encoding = (['br', 'gzip'] as const).find((one) => asset[one] && accepted.includes(one))
  if (encoding) reply.header('content-encoding', encoding)
  return reply
    .headers({
      ...headers,
      'content-security-policy': policy,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    })
    .type(asset.type)
    .send((encoding && asset[encoding]) ?? asset.plain)
}
