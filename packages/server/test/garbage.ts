import type { Route } from '@mason/contract/route'
import fc from 'fast-check'
import { brokenBodies, oddNumbers, oddQueries, oddSegments, oddTexts, oddThings } from './odd-values.ts'
import { parametersOf } from './paths.ts'
import type { Schema } from './schema-values.ts'

/** A request to throw at a route; bytes are written as the characters of Latin-1, so that a failure prints them. */
export interface Thrown {
  path: string
  headers: Record<string, string>
  body?: { json: unknown } | { bytes: string }
}

const anything = fc.constantFrom(...oddNumbers, ...oddTexts, ...oddThings)

const times = fc.oneof(
  fc.date({ noInvalidDate: true, min: new Date(-62e12), max: new Date(253e12) }).map((date) => date.toISOString()),
  fc.constantFrom('2026-11-02T09:30:00+23:59', '2026-11-02T09:30:00-23:59', '2026-11-02t09:30:00z'),
  fc.constantFrom('0001-01-01T00:00:00Z', '9999-12-31T23:59:59.9999999Z', '2026-06-30T23:59:60Z'),
  fc.constant(`2026-11-02T09:30:00.${'1'.repeat(300)}Z`),
)

/** Values of the schema; with mischief, now and then a part that is none. */
function valuesOf(schema: Schema, mischief: boolean): fc.Arbitrary<unknown> {
  const right = rightValues(schema, mischief)
  return mischief ? fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: anything }) : right
}

function rightValues(schema: Schema, mischief: boolean): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((branch) => valuesOf(branch, mischief)))
  switch (schema.type) {
    case 'object':
      return objectsOf(schema, mischief)
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}, mischief), { maxLength: 4 })
    case 'string':
      return textsOf(schema)
    case 'integer':
      return fc.oneof(
        fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 2 ** 53 - 1 }),
        fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 2 ** 53 - 1),
      )
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true, min: schema.minimum, max: schema.maximum })
    case 'boolean':
      return fc.boolean()
    default:
      return anything
  }
}

function objectsOf({ properties = {}, required = [] }: Schema, mischief: boolean): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, valuesOf(part, mischief)]))
  const right = fc.record(members, { requiredKeys: required })
  if (!mischief) return right
  const unknownMember = fc
    .tuple(right, fc.constantFrom('unknown', 'Name', '', 'a/b', '\u{1f600}', 'constructor'), anything)
    .map(([object, name, value]) => ({ ...object, [name]: value }))
  return fc.oneof(
    { weight: 8, arbitrary: right },
    { weight: 1, arbitrary: fc.record(members, { requiredKeys: [] }) },
    { weight: 1, arbitrary: unknownMember },
  )
}

function textsOf({ pattern, format, minLength = 0, maxLength = 50 }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  if (format === 'date-time') return times
  if (format === 'uuid') return fc.uuid()
  return fc.oneof(
    fc.string({ unit: 'binary', minLength, maxLength: Math.min(maxLength, 40) }),
    fc.constantFrom(...['x', '😀', 'ü '].map((unit) => unit.repeat(maxLength).slice(0, maxLength * 2))),
  )
}

const bodiesOf = (schema: Schema): fc.Arbitrary<Thrown['body']> =>
  fc.oneof(
    { weight: 5, arbitrary: valuesOf(schema, false).map((json) => ({ json })) },
    { weight: 10, arbitrary: valuesOf(schema, true).map((json) => ({ json })) },
    { weight: 3, arbitrary: fc.constantFrom(...brokenBodies).map((bytes) => ({ bytes })) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )

function queriesOf({ properties = {} }: Schema): fc.Arbitrary<string> {
  const parameters = Object.entries(properties).map(([name, part]) =>
    valuesOf(part, true).map((value) => `${name}=${encodeURIComponent(textOf(value))}`),
  )
  const odd = fc.constantFrom(...oddQueries)
  const piece = fc.oneof({ weight: 1, arbitrary: odd }, ...parameters.map((arbitrary) => ({ weight: 1, arbitrary })))
  return fc.array(piece, { maxLength: 3 }).map((pieces) => (pieces.length === 0 ? '' : `?${pieces.join('&')}`))
}

const textOf = (value: unknown) =>
  (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)).toWellFormed()

const oddHeaders = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json',
      'text/plain',
      ';;',
      '',
      'a/b; charset=\xff',
      'multipart/form-data',
    ),
    'idempotency-key': fc.oneof(fc.uuid(), fc.constantFrom('', ' ', 'a b', '\xfc', 'x'.repeat(256))),
    'content-encoding': fc.constantFrom('gzip', 'identity', 'x'),
    accept: fc.constantFrom('text/html', 'application/xml', ';;'),
    'accept-encoding': fc.constantFrom('', ';;', 'x', '*;q=0', 'identity;q=0', 'gzip;q=x', ','.repeat(5_000)),
    'last-event-id': fc.constantFrom('', '0', '\xff', 'x'.repeat(5_000), '99999999999999999999-1'),
    'content-md5': fc.constantFrom('', 'x', '\xff', 'A'.repeat(24)),
    cookie: fc.constantFrom('', '=', ';;;', 'mason_session', 'mason_session=%zz', '__proto__=1', 'x='.repeat(2_000)),
    'user-agent': fc.constantFrom('', '\xff', 'x'.repeat(5_000)),
    'x-forwarded-for': fc.constantFrom('', 'x', '::', '1.2.3.4, unknown', ','.repeat(1_000)),
    'x-forwarded-proto': fc.constantFrom('', 'x', 'https, http'),
    expect: fc.constantFrom('100-continue', 'x'),
    te: fc.constantFrom('trailers', ';;'),
  },
  { requiredKeys: [] },
)

/** Requests to a route, from fine to senseless; `named` are values of its parameters that exist. */
export function requestsTo(route: Route, named: Readonly<Record<string, string>>): fc.Arbitrary<Thrown> {
  const { querystring, body } = route.schema
  const existing: Readonly<Record<string, string>> = { fleet: 'default', ...named }
  const names = [...(route.url.includes(':fleet') ? ['fleet'] : []), ...parametersOf(route).map(({ name }) => name)]
  const segments = fc.record(
    Object.fromEntries(
      names.map((name) => [
        name,
        fc.oneof(
          { weight: name === 'fleet' ? 30 : 4, arbitrary: fc.constant(encodeURIComponent(existing[name] ?? '')) },
          { weight: 1, arbitrary: fc.constantFrom(...oddSegments) },
          { weight: name === 'fleet' ? 0 : 1, arbitrary: fc.uuid() },
        ),
      ]),
    ),
  )
  return (
    fc
      .tuple(
        segments,
        queriesOf((querystring ?? {}) as Schema),
        fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: oddHeaders }),
        body ? bodiesOf(body as Schema) : fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, bodiesOf({})),
      )
      .map(([values, query, headers, thrown]) => ({
        path: route.url.replace(/:(\w+)/g, (_, name: string) => values[name] ?? '') + query,
        headers: headers as Record<string, string>,
        ...(thrown && { body: thrown }),
      }))
      // Without its last part a path is another route's.
      .filter(({ path }) => !path.split('?', 1)[0]?.endsWith('/'))
  )
}

/** The bytes of a body that was thrown. */
export function bytesOf(body: Thrown['body']): Buffer | undefined {
  if (body === undefined) return undefined
  return 'bytes' in body ? Buffer.from(body.bytes, 'latin1') : Buffer.from(JSON.stringify(body.json) ?? '', 'utf8')
}
