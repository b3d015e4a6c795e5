import type { Route } from '@mason/contract/route'
import type { Thrown } from './garbage.ts'
import { oddSegments, rawNumber } from './odd-values.ts'
import { parametersOf, pathOf } from './paths.ts'
import type { Schema } from './schema-values.ts'

/** A request that is right but for one place. */
export interface OddRequest extends Thrown {
  label: string
  /** Whether nothing but a 400 will do; else anything that is not a fault of the server. */
  mustRefuse: boolean
}

/** Text that is refused wherever it stands: a NUL, and halves of a surrogate pair. */
const badTexts = ['a\0b', '\ud800', '\udfffa']
const oddTimes = [
  '',
  'now',
  '2026-02-30T00:00:00Z',
  '2026-11-02T09:30:00+23:59',
  '2026-11-02t09:30:00z',
  '0000-01-01T00:00:00Z',
].concat(['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59-01:00', `2026-11-02T09:30:00.${'1'.repeat(200)}Z`])
const oddTexts = ['', ' ', '{}', '0', 'x'.repeat(5_000), '\u{1f600}'.repeat(300), '\u{10ffff}\\"%_']
const oddNumbers = ['1e400', '9007199254740993', '2147483648', '-1', '1.5', '1e-400'].map(rawNumber)
/** Deeper than any reader bears that calls itself for each level, the writer of JSON among them. */
const deepTexts = ['['.repeat(5_000) + ']'.repeat(5_000), `${'{"a":'.repeat(5_000)}0${'}'.repeat(5_000)}`]
const deepPlace = 'DEEP'

/** Bodies as text with something deep in each place. */
function* deepBodies(body: unknown): Generator<string> {
  for (const json of replacedIn(body, () => [deepPlace]))
    for (const deep of deepTexts) yield JSON.stringify(json).replace(`"${deepPlace}"`, () => deep)
}

const proto: unknown = JSON.parse('{"__proto__":{"a":1}}')

/** What might stand in a place in place of this value. */
function oddPartsFor(value: unknown): unknown[] {
  if (typeof value === 'string') return [...(Number.isNaN(Date.parse(value)) ? oddTexts : oddTimes), null, 1, []]
  if (typeof value === 'number') return [...oddNumbers, null, '1', {}]
  if (typeof value === 'boolean') return [null, 1, 'true', []]
  return [null, [], {}, [[]], [null], 'text', proto]
}

/** The value with each of its parts, itself included, replaced in turn by what is said to go there. */
function* replacedIn(value: unknown, partsFor: (value: unknown) => unknown[]): Generator<unknown> {
  yield* partsFor(value)
  if (Array.isArray(value)) {
    for (const [place, item] of value.entries())
      for (const other of replacedIn(item, partsFor)) yield value.with(place, other)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value))
      for (const other of replacedIn(member, partsFor)) yield { ...value, [name]: other }
  }
}

/** Requests to a route with an odd thing in every single place: of the body, the query and the path. */
export function* oddRequests(route: Route, named: Record<string, string>, body: unknown): Generator<OddRequest> {
  const path = pathOf(route, named)
  const rest = { path, headers: {}, ...(body !== undefined && { body: { json: body } }) }
  if (body !== undefined) yield* oddBodies(route, path, body)
  yield* oddQueries(route, rest)
  yield* oddPaths(route, named, rest)
}

function* oddBodies(route: Route, path: string, body: unknown): Generator<OddRequest> {
  const rest = { path, headers: {} }
  let turn = 0
  const badFor = () => [badTexts[turn++ % badTexts.length]]
  for (const json of replacedIn(body, badFor)) yield { ...rest, body: { json }, mustRefuse: true, label: shown(json) }
  yield { ...rest, body: { json: { ...(body as object), 'a\0b': 1 } }, mustRefuse: true, label: 'a member name' }
  const mustRefuse = !route.config.isLenient
  for (const text of deepBodies(body)) {
    const bytes = Buffer.from(text).toString('latin1')
    yield { ...rest, body: { bytes }, mustRefuse, label: text.slice(0, 500) }
  }
  for (const json of replacedIn(body, oddPartsFor))
    yield { ...rest, body: { json }, mustRefuse: false, label: shown(json) }
}

function* oddQueries(route: Route, rest: Thrown): Generator<OddRequest> {
  const { properties = {} } = (route.schema.querystring ?? {}) as Schema
  for (const name of Object.keys(properties))
    for (const value of oddSegments) {
      const [bare = '', required = ''] = rest.path.split('?')
      const others = required.split('&').filter((pair) => pair !== '' && !pair.startsWith(`${name}=`))
      const odd = `${bare}?${[...others, `${name}=${value}`].join('&')}`
      yield { ...rest, path: odd, mustRefuse: value.includes('%00'), label: odd }
    }
}

function* oddPaths(route: Route, named: Record<string, string>, rest: Thrown): Generator<OddRequest> {
  for (const { name } of parametersOf(route))
    for (const value of oddSegments) {
      const odd = pathOf(route, { ...named, [name]: 'HERE' }).replace('HERE', () => value)
      // Without its last part a path is another route's.
      if (odd.split('?', 1)[0]?.endsWith('/')) continue
      yield { ...rest, path: odd, mustRefuse: value.includes('%00'), label: odd }
    }
}

const shown = (json: unknown) => JSON.stringify(json).slice(0, 1_000)

const million = 1_000_000

/** Bodies that are merely huge, each with what it is. */
export function hugeBodies(route: Route): [label: string, body: string][] {
  const { properties = {} } = (route.schema.body ?? {}) as Schema
  const nested = (depth: number, open: string, inner: string, close: string) =>
    open.repeat(depth) + inner + close.repeat(depth)
  const inMember = Object.keys(properties).flatMap((name): [string, string][] => [
    [`1 MB of text in ${name}`, JSON.stringify({ [name]: 'x'.repeat(million) })],
    [`deep arrays in ${name}`, `{"${name}":${nested(50_000, '[', '', ']')}}`],
  ])
  return [
    ...inMember,
    ['1 MB of text', JSON.stringify('x'.repeat(million))],
    ['more than is taken', JSON.stringify('x'.repeat(3 * million))],
    ['deep arrays', nested(million / 2, '[', '', ']')],
    ['deep arrays around an escape', nested(400_000, '[', '"\\u0041"', ']')],
    ['deep objects around an escape', nested(100_000, '{"a":', '"\\u0041"', '}')],
    ['many unknown members', `{${Array.from({ length: 50_000 }, (_, place) => `"m${place}":0`).join(',')}}`],
    ['many escapes', JSON.stringify({ name: '\u0001'.repeat(150_000) })],
    ['a huge number', `{"name":${'9'.repeat(million)}}`],
  ]
}
