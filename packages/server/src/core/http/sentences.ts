import { type IdentifierFormat, identifierFault, identifierFormats } from '@mason/contract/identifiers'
import { timeFormats } from '@mason/contract/time'
import { timezoneFormats } from '@mason/contract/window'
import leven from 'leven'

/** Part of a schema, as far as a fault of a value can be about it. */
export interface FaultySchema {
  type?: string
  enum?: readonly unknown[]
  const?: unknown
  format?: string
  properties?: Readonly<Record<string, unknown>>
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  multipleOf?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  minProperties?: number
  maxProperties?: number
  /** What to say of a value that has not the pattern or the form, or of a list with too few items: it stands beside them in the contract. */
  fault?: string
}

/** What the contract's formats ask for. */
const formatFaults: Readonly<Record<string, string>> = {
  uuid: 'must be an id, such as 0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11',
  ...Object.fromEntries(
    Object.entries({ ...timeFormats, ...timezoneFormats }).map(([name, { fault }]) => [name, fault]),
  ),
}

const isIdentifier = (format: string): format is IdentifierFormat => Object.hasOwn(identifierFormats, format)

/** What to say of a value, by the keyword of the schema that it breaks. */
const sentences: Readonly<Record<string, (schema: FaultySchema, value: unknown) => string>> = {
  type: ofType,
  enum: ({ enum: values = [] }) => `must be one of ${values.join(', ')}`,
  const: (schema) => `must be ${String(schema.const)}`,
  minimum: ofNumber,
  maximum: ofNumber,
  exclusiveMinimum: ofNumber,
  exclusiveMaximum: ofNumber,
  multipleOf: ({ multipleOf }) => `must be a multiple of ${multipleOf}`,
  minLength: ofLength,
  maxLength: ofLength,
  pattern: ({ fault = 'has a form that is not allowed here' }) => fault,
  format: ({ format = '' }, value) =>
    isIdentifier(format)
      ? identifierFault(format, value)
      : (formatFaults[format] ?? 'has a form that is not allowed here'),
  minItems: (schema) => schema.fault ?? ofItems(schema),
  maxItems: ofItems,
  uniqueItems: () => 'must not hold the same item twice',
  minProperties: ({ minProperties = 1 }) => `must have ${atLeast(minProperties, 'member')}`,
  maxProperties: ({ maxProperties }) => `must have at most ${maxProperties} members`,
  propertyNames: () => 'must have other names',
  required: () => 'is required',
  anyOf: ({ fault = 'has none of the forms that this call takes' }) => fault,
  oneOf: () => 'has none of the forms that this call takes',
}

/** What is wrong with a value, for a person: a clause that begins with a verb and goes on from the value's name, or a command. */
export const sentenceOf = (keyword: string, schema: FaultySchema, value?: unknown): string =>
  sentences[keyword]?.(schema, value) ?? 'is not what this call takes'

/** What to say of a name that nobody has asked for. */
export function unknownName(name: string, { properties = {} }: FaultySchema, what: 'member' | 'parameter'): string {
  const known = Object.keys(properties)
  const meant = closestTo(name, known)
  if (meant !== undefined) return `is not a ${what} of this call; did you mean ${meant}?`
  if (known.length === 0) return `is not a ${what} of this call, which takes none`
  return `is not a ${what} of this call; it takes ${known.join(', ')}`
}

/** A fault as a sentence that names what it is about. */
export const withName = (name: string, fault: string): string =>
  /^(must|is|has) /.test(fault) ? `${name} ${fault}` : `${name}: ${fault}`

const longestName = 40

/** The name that was meant where letter case or a letter or two are wrong. */
function closestTo(name: string, known: readonly string[]): string | undefined {
  if (name.length > longestName) return undefined
  const lower = name.toLowerCase()
  const [closest] = known
    .map((other) => ({ other, distance: leven(lower, other.toLowerCase(), { maxDistance: 3 }) }))
    .filter(({ distance }) => distance <= Math.min(2, Math.ceil(name.length / 3)))
    .sort((a, b) => a.distance - b.distance)
  return closest?.other
}

const typeFaults: Readonly<Record<string, string>> = {
  string: 'must be text',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be an object',
  null: 'must be null',
}

function ofType(schema: FaultySchema): string {
  if (schema.enum) return sentenceOf('enum', schema)
  if (schema.const !== undefined) return sentenceOf('const', schema)
  return typeFaults[schema.type ?? ''] ?? ofNumber(schema)
}

function ofNumber({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: FaultySchema): string {
  const what = type === 'integer' ? 'must be an integer' : 'must be a number'
  if (minimum !== undefined && maximum !== undefined) return `${what} from ${minimum} to ${maximum}`
  const limits = [
    minimum !== undefined && `of at least ${minimum}`,
    exclusiveMinimum !== undefined && `above ${exclusiveMinimum}`,
    maximum !== undefined && `of at most ${maximum}`,
    exclusiveMaximum !== undefined && `below ${exclusiveMaximum}`,
  ].filter((limit) => limit !== false)
  return [what, limits.join(' and ')].filter((part) => part !== '').join(' ')
}

function ofLength({ minLength = 0, maxLength }: FaultySchema): string {
  return `must have ${range(minLength, maxLength, 'character')}`
}

function ofItems({ minItems = 0, maxItems }: FaultySchema): string {
  return `must have ${range(minItems, maxItems, 'item')}`
}

function range(minimum: number, maximum: number | undefined, what: string): string {
  if (maximum === undefined) return atLeast(minimum, what)
  return minimum === 0 ? `at most ${plural(maximum, what)}` : `${minimum} to ${plural(maximum, what)}`
}

const atLeast = (minimum: number, what: string) =>
  minimum === 1 ? `at least one ${what}` : `at least ${plural(minimum, what)}`
const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
