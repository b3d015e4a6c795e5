import type { Route } from '@mason/contract/route'
import { example, type Schema } from './schema-values.ts'

/** The path parameters of a route, each with the kind of resource that it names; the fleet is none. */
export function parametersOf({ url }: Route): { name: string; kind: string }[] {
  const parts = url.split('/').filter((part) => part !== '')
  return parts.flatMap((part, index) =>
    part.startsWith(':') && part !== ':fleet' ? [{ name: part.slice(1), kind: kindOf(parts.slice(0, index)) }] : [],
  )
}

function kindOf(parts: string[]): string {
  const literal = parts.filter((part) => !part.startsWith(':'))
  return (literal[0] === 'v1' ? literal.slice(1) : literal).join('/')
}

/** The path of a route with these values, percent-encoded, in place of its parameters, and the query that it needs. */
export function pathOf({ url, schema }: Route, values: Readonly<Record<string, string>> = {}): string {
  const path = url.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent({ fleet: 'default', ...values }[name] ?? ''),
  )
  const { properties = {}, required = [] } = (schema.querystring ?? {}) as Schema
  const query = required.map((name) => `${name}=${example(properties[name] ?? {})}`)
  return query.length > 0 ? `${path}?${query.join('&')}` : path
}
