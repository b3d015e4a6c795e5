import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { notFound } from '../errors.ts'
import type { Asset, ConsoleFiles } from './files.ts'

/** The first part of every path of the Controller; everything else is the API's, where an unknown path is a 404. */
const sections = [
  'devices',
  'groups',
  'commands',
  'enrolment',
  'activity',
  'sims',
  'usage',
  'plan',
  'exports',
  'artifacts',
  'projects',
  'deployments',
  'keys',
  'users',
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

/** Nothing from elsewhere, nothing inline but the style sheets that carry this answer's nonce. */
const policy = (nonce: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')

/** Serves the built Controller at `/`. */
export function consoleRoutes(http: FastifyInstance, { page, assets }: ConsoleFiles): void {
  const options = { schema: { hide: true } }
  const sendPage = (_request: FastifyRequest, reply: FastifyReply) => {
    const nonce = randomBytes(16).toString('base64')
    return reply
      .headers({ ...headers, 'content-security-policy': policy(nonce), 'cache-control': 'no-cache' })
      .type('text/html; charset=utf-8')
      .send(page.join(nonce))
  }
  http.get('/', options, sendPage)
  for (const section of sections) {
    http.get(`/${section}`, options, sendPage)
    http.get(`/${section}/*`, options, sendPage)
  }
  http.get<{ Params: { name: string } }>('/assets/:name', options, (request, reply) => {
    const asset = assets.get(request.params.name)
    if (!asset) throw notFound('file')
    return sendAsset(asset, request, reply)
  })
}

function sendAsset(asset: Asset, request: FastifyRequest, reply: FastifyReply) {
  const accepted = String(request.headers['accept-encoding'] ?? '')
  const encoding = (['br', 'gzip'] as const).find((one) => asset[one] && accepted.includes(one))
  if (encoding) reply.header('content-encoding', encoding)
  return reply
    .headers({ ...headers, 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' })
    .type(asset.type)
    .send((encoding && asset[encoding]) ?? asset.plain)
}
