import { randomUUID } from 'node:crypto'
import { NewBatch } from '@mason/contract/notification'
import { routes } from '@mason/contract/routes'
import type { TSchema } from 'typebox'
import { describe, expect, test } from 'vitest'
import { sentenceOf, unknownName, withName } from './sentences.ts'
import { faultsOf } from './validation.ts'

type Schema = Record<string, unknown>

/** Keywords that say nothing of which values are right. */
const silent = new Set([
  'description',
  'examples',
  'title',
  'default',
  'properties',
  'items',
  'fault',
  'x-normalization',
])
const holders = ['items', 'additionalProperties', 'not', 'propertyNames']
const listHolders = ['anyOf', 'oneOf', 'allOf']

/** Every part of a schema with its place. */
function* partsOf(schema: Schema, position: string): Generator<[position: string, part: Schema]> {
  yield [position, schema]
  for (const [name, part] of Object.entries((schema.properties ?? {}) as Record<string, Schema>))
    yield* partsOf(part, `${position}/${name}`)
  for (const name of holders)
    if (typeof schema[name] === 'object') yield* partsOf(schema[name] as Schema, `${position}/${name}`)
  for (const name of listHolders)
    for (const [index, part] of ((schema[name] ?? []) as Schema[]).entries())
      yield* partsOf(part, `${position}/${name}/${index}`)
}

const parts = routes.flatMap(({ schema }) =>
  (['params', 'querystring', 'body'] as const).flatMap((name) => {
    const part = schema[name] as Schema | undefined
    return part ? [...partsOf(JSON.parse(JSON.stringify(part)), `${schema.operationId} ${name}`)] : []
  }),
)

/** Each once, however many routes have it. */
const distinct = new Map(
  [...new Map(parts.map(([position, part]) => [JSON.stringify(part), position]))].map(([text, position]) => [
    JSON.parse(text) as Schema,
    position,
  ]),
)

/** Values of which some break each keyword; made anew, as defaults are filled into them. */
const wrongValues = (): unknown[] => [
  ...[null, true, 0, -1, -1e9, 1.5, 1e300, '', ' ', '\u0000', '/', 'x'.repeat(100_000), 'ü'.repeat(1_000)],
  ...[[], ['twice', 'twice'], {}, { unknown: 1 }, { 'Not a key': 1 }],
  Array.from({ length: 30_000 }, (_, index) => index),
  Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`member${index}`, index])),
]

/** How validators speak. */
const phrases =
  /must NOT|must be (string|boolean|object|array|equal|integer$|number$)|must match|should|pattern|regex|format "|schema|undefined/

describe('each keyword of the contract', () => {
  test('has a sentence in the table', () => {
    const keywords = new Set(parts.flatMap(([, part]) => Object.keys(part)).filter((name) => !silent.has(name)))
    keywords.delete('additionalProperties')
    for (const keyword of keywords) expect(sentenceOf(keyword, {}), keyword).not.toBe('is not what this call takes')
  })

  test('is broken by some value, and what is said of it is no phrase of a validator', () => {
    for (const [part, position] of distinct)
      for (const keyword of Object.keys(part).filter((name) => !silent.has(name))) {
        const { fault, properties = {} } = part
        const alone = { [keyword]: part[keyword], properties, ...(fault !== undefined && { fault }) }
        const said = wrongValues().flatMap((value) => faultsOf(alone as TSchema, value))
        expect(said.length, `${position} ${keyword}`).toBeGreaterThan(0)
        for (const { message } of said) {
          expect(message, position).not.toMatch(phrases)
          expect(message, position).toMatch(/^(must|is|has|choose) .+/)
        }
      }
  })

  test('has words of its own beside each pattern and format', () => {
    for (const [part, position] of distinct) {
      if (part.pattern !== undefined) expect(part.fault, position).toMatch(/^must .+/)
      if (part.format !== undefined)
        expect(sentenceOf('format', part as { format: string }), position).not.toContain('a form that is not allowed')
    }
  })
})

test('numbers, texts and lists are told their limits', () => {
  const say = (schema: object, value: unknown) => faultsOf(schema as TSchema, value).map(({ message }) => message)
  expect(say({ type: 'integer', minimum: 1, maximum: 1000 }, 'x')).toEqual(['must be an integer from 1 to 1000'])
  expect(say({ type: 'integer', minimum: 1, maximum: 1000 }, 1.5)).toEqual(['must be an integer from 1 to 1000'])
  expect(say({ type: 'number', minimum: 0 }, -1)).toEqual(['must be a number of at least 0'])
  expect(say({ type: 'string', minLength: 1, maxLength: 3 }, '')).toEqual(['must have 1 to 3 characters'])
  expect(say({ type: 'string', maxLength: 1 }, 'xx')).toEqual(['must have at most 1 character'])
  expect(say({ type: 'array', minItems: 1, maxItems: 2 }, [])).toEqual(['must have 1 to 2 items'])
  expect(say({ type: 'array', minItems: 1, fault: 'choose at least one scope' }, [])).toEqual([
    'choose at least one scope',
  ])
  expect(say({ type: 'boolean' }, 'True')).toEqual(['must be true or false'])
  expect(say({ type: 'string', pattern: '^[0-9]{15}$', fault: 'must have 15 digits' }, '1')).toEqual([
    'must have 15 digits',
  ])
  expect(say({ anyOf: [{ type: 'string' }, { type: 'null' }] }, 1)).toEqual(['must be text'])
})

test('a value that may have several forms is told what is wrong with the one that was meant', () => {
  const target = NewBatch.properties.target
  const say = (value: unknown) => faultsOf(target, value).map(({ path, message }) => withName(path, message))
  const oneOf = ' must have exactly one of devices, group, filter, view'
  expect(say({})).toEqual([oneOf])
  expect(say({ devices: [randomUUID()], group: 'lobby' })).toEqual([oneOf])
  expect(say({ groop: 'lobby' })).toEqual([oneOf])
  expect(say({ devices: [] })).toEqual(['/devices must have 1 to 25000 items'])
  expect(say({ devices: ['x'] })).toEqual([`/devices/0 ${sentenceOf('format', { format: 'uuid' })}`])
  expect(say({ group: 1, more: 2 })).toEqual([
    '/more is not a member of this call; it takes group',
    '/group must be text',
  ])
  expect(say({ filter: { groop: 'x' } })).toEqual(['/filter/groop is not a member of this call; did you mean group?'])
  for (const value of [5, null, [], 'lobby']) expect(say(value)).toEqual([' must be an object'])
})

test('a name that is nearly right is answered with the right one, any other with all', () => {
  const schema = { properties: { group: {}, serialnumber: {}, n: {} } }
  expect(unknownName('groop', schema, 'parameter')).toBe('is not a parameter of this call; did you mean group?')
  expect(unknownName('serialNumber', schema, 'member')).toBe('is not a member of this call; did you mean serialnumber?')
  expect(unknownName('colour', schema, 'parameter')).toBe(
    'is not a parameter of this call; it takes group, serialnumber, n',
  )
  expect(unknownName('x', {}, 'parameter')).toBe('is not a parameter of this call, which takes none')
  expect(unknownName('x'.repeat(1_000_000), schema, 'member')).toContain('it takes')
})
