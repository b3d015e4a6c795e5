import type { Route } from '@mason/contract/route'
import type { TSchema } from 'typebox'

/** The parts of an HTTP request that depend on a route and its input. */
export interface ApiRequest {
  method: Route['method']
  /** Path and query, percent-encoded, from the origin. */
  path: string
  /** JSON; absent for a route without a body. */
  body?: string
}

/**
 * Distributes the flat input of a route over path, query and body, as `Input` describes.
 *
 * @throws TypeError for a path parameter that is missing or that no URL can express (empty, `.` or `..`).
 */
export function apiRequest(route: Route, input: Readonly<Record<string, unknown>>): ApiRequest {
  const { method, url, schema } = route
  const inPath = new Set<string>()
  const path = url.replace(/:(\w+)/g, (_, name: string) => {
    inPath.add(name)
    return segment(name, input[name] ?? (name === 'fleet' ? 'default' : ''))
  })
  const rest = Object.entries(input).filter(([name]) => !inPath.has(name))
  if (!schema.body) return { method, path: path + search(rest) }

  const inQuery = memberNames(schema.querystring)
  const query = rest.filter(([name]) => inQuery.has(name))
  const members = Object.fromEntries(rest.filter(([name]) => !inQuery.has(name)))
  return { method, path: path + search(query), body: JSON.stringify(members.body ?? members) }
}

function segment(name: string, value: unknown): string {
  const text = String(value)
  // URL parsers resolve dot segments even if they are percent-encoded, so these would name another resource.
  if (['', '.', '..'].includes(text)) throw new TypeError(`${name} must be given, and be neither "." nor ".."`)
  return encodeURIComponent(text)
}

function search(members: readonly [string, unknown][]): string {
  const query = new URLSearchParams()
  for (const [name, value] of members) if (value !== undefined) query.append(name, String(value))
  return query.size > 0 ? `?${query}` : ''
}

function memberNames(schema: TSchema | undefined): Set<string> {
  const hasMembers = schema && 'properties' in schema && typeof schema.properties === 'object' && schema.properties
  return new Set(hasMembers ? Object.keys(hasMembers) : [])
}
