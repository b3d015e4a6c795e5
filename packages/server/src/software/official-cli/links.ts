import { projectNamePattern } from '@mason/contract/project'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../core/errors.ts'
import type { Guard } from '../../core/http/guard.ts'

/** The newest release of the public `mason` command: one that asks finds that it is up to date. */
export const latestVersion = '1.10'

/** Where a request reached this server: the configured address, else the host that the request names. */
export function originOf({ protocol, host }: FastifyRequest, configured: string | undefined): string {
  if (configured !== undefined) return configured
  const address = `${protocol}://${host}`
  if (!host || !URL.canParse(address)) throw new AppError('invalid_request_error', 'The Host header names no host')
  return new URL(address).origin
}

/**
 * The settings file of the public `mason` command. Releases up to 1.9 read whole addresses, 1.10 those or a base and paths, the
 * first ones insist on `config_version`. An empty `analytics_url` keeps every release from telling somebody else of its use.
 */
export function endpointsFile(origin: string): string {
  const paths = {
    projects_url: '/dashboard/projects',
    registry_signed_url: '/registry/signedurl',
    registry_artifact_url: '/registry/artifacts',
    builder_url: '/tracker/builder',
    deploy_url: '/deploy',
  }
  const pages = { console_create_url: '/controller/create', console_projects_url: '/controller/projects' }
  const addresses = (base: string, by: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(by).flatMap(([key, path]) => [
        [key, base + path],
        [`${key}_path`, path],
      ]),
    )
  const settings = {
    config_version: 1,
    client_id: 'mason-cli',
    auth_url: `${origin}/oauth/ro`,
    user_info_url: `${origin}/userinfo`,
    platform_url_base: origin,
    api_url_base: `${origin}/api`,
    ...addresses(`${origin}/api`, paths),
    ...addresses(origin, pages),
    xray_url: `${origin.replace(/^http/, 'ws')}/v1/global/xray`,
    latest_version_url: `${origin}/mason-cli/latest-version`,
    analytics_url: '',
  }
  // A JSON scalar is a YAML scalar.
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
  return lines.join('')
}

const isProjectName = new RegExp(projectNamePattern)

type Named = FastifyRequest<{ Params: { name?: string }; Querystring: { name?: string | string[] } }>

const projectPage = ({ params: { name = '' } }: Named) => (isProjectName.test(name) ? `/projects/${name}` : '/projects')

const newProjectPage = ({ query: { name } }: Named) =>
  typeof name === 'string' && isProjectName.test(name) ? `/projects?create=${encodeURIComponent(name)}` : '/projects'

/** The pages that the public command prints and opens, and where they are here. */
const pages: Readonly<Record<string, (request: Named) => string>> = {
  '/controller': () => '/',
  '/controller/projects': () => '/projects',
  '/controller/projects/:name': projectPage,
  '/controller/projects/_create': newProjectPage,
  '/controller/create/project': newProjectPage,
  '/controller/settings/apikeys': () => '/keys',
}

/** Leads from the pages of the public command to those of the Controller. */
export function officialCliLinks(http: FastifyInstance, { announceAddress }: Guard): void {
  for (const [url, pageOf] of Object.entries(pages))
    http.get(url, { schema: { hide: true } }, (request: FastifyRequest, reply: FastifyReply) => {
      announceAddress(request, reply)
      return reply.header('cache-control', 'no-store').redirect(pageOf(request as Named), 302)
    })
}
