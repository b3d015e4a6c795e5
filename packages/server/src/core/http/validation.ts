import { identifierFormats } from '@mason/contract/identifiers'
import { timeFormats } from '@mason/contract/time'
import { timezoneFormats } from '@mason/contract/window'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { AppError, type Fault } from '../errors.ts'
import { inexactNumbers, pointerPart } from './exact.ts'
import { ofMeantForms } from './forms.ts'
import { type FaultySchema, sentenceOf, unknownName, withName } from './sentences.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether the text is a UUID; anything else names nothing. */
export const isUuid = (text: string) => uuid.test(text)

const options = {
  useDefaults: true,
  strictNumbers: true,
  strict: false,
  validateFormats: true,
  formats: {
    uuid,
    ...Object.fromEntries(
      Object.entries({ ...timeFormats, ...timezoneFormats, ...identifierFormats }).map(([name, { read }]) => [
        name,
        (text: string) => read(text) !== undefined,
      ]),
    ),
  },
} as const

const ajv = new Ajv({ ...options, allErrors: true, verbose: true })
const firstFaultOnly = new Ajv(options)

/** Says whether a value satisfies a schema, and nothing of why not. */
export function matcher<const S extends TSchema>(schema: S): (value: unknown) => value is Static<S> {
  const validate = firstFaultOnly.compile(schema)
  return (value): value is Static<S> => validate(value)
}

// Texts that are looked for later are kept in one normal form.
ajv.addKeyword({
  keyword: 'x-normalization',
  type: 'string',
  modifying: true,
  validate: (
    form: 'NFC',
    text: string,
    _schema: unknown,
    index?: { parentData?: Record<string | number, unknown>; parentDataProperty: string | number },
  ) => {
    // A value that is checked by itself stands in nothing.
    if (index?.parentData && !isAscii(text)) index.parentData[index.parentDataProperty] = text.normalize(form)
    return true
  },
})

const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text)

/** The parts of a request that are held to a schema. */
type Parts = Pick<FastifyRequest, 'params' | 'query' | 'body' | 'rawBody'>

interface PartSchemas {
  params?: TSchema
  querystring?: TSchema
  body?: TSchema
}

/** Reads requests by the contract's schemas, the query and the body together, so that every fault is reported at once. */
export function requestReader({ params, querystring, body }: PartSchemas): (request: Parts) => void {
  const readers = [
    { part: 'params', schema: params },
    { part: 'query', schema: querystring },
    { part: 'body', schema: body },
  ] as const
  const checks = readers.flatMap(({ part, schema }) => (schema ? [checkOf(part, schema)] : []))
  return (request) => {
    let faults: Fault[] | undefined
    for (const check of checks) {
      const found = check(request)
      if (found) faults = [...(faults ?? []), ...found]
    }
    if (faults) throw refusal(faults)
  }
}

function checkOf(part: 'params' | 'query' | 'body', schema: TSchema): (request: Parts) => Fault[] | undefined {
  // The first request compiles it: a node starts without hundreds that nobody may ask for.
  let validate: ValidateFunction | undefined
  const read = part === 'body' ? undefined : parameterReader(schema)
  const free = part === 'body' ? freeMembers(schema) : []
  return (request) => {
    const data = request[part]
    if (part === 'body' && (data === undefined || data === null)) return [noBody]
    read?.(data as Record<string, unknown>)
    validate ??= ajv.compile(schema)
    const faults = validate(data) ? [] : toFaults(validate.errors ?? [], part)
    if (free.length > 0 && request.rawBody) {
      const text = request.rawBody.toString('utf8')
      faults.push(...free.flatMap((member) => inexactNumbers(text, member)))
    }
    return faults.length > 0 ? faults : undefined
  }
}

/** The members of a body that hold whatever JSON the sender likes, at any depth. */
export function freeMembers(schema: TSchema): string[] {
  const { properties = {} } = schema as Nested
  return Object.keys(properties).filter((name) => isFreeInside(properties[name] ?? {}))
}

interface Nested {
  properties?: Record<string, Nested>
  anyOf?: Nested[]
}

function isFreeInside(schema: Nested): boolean {
  const { properties = {}, anyOf = [] } = schema
  const isBound = Object.keys(schema).some((keyword) => constraints.has(keyword))
  return !isBound || [...Object.values(properties), ...anyOf].some(isFreeInside)
}

const constraints = new Set(['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', 'not', '$ref'])

const noBody: Fault = { path: '', message: 'is required, as JSON' }

/** Checks a body that came another way than by HTTP. */
export function bodyReader<const S extends TSchema>(schema: S): (body: unknown) => Static<S> {
  const validate = ajv.compile(schema)
  return (body) => {
    if (validate(body)) return body as Static<S>
    throw refusal(body === undefined || body === null ? [noBody] : toFaults(validate.errors ?? []))
  }
}

/**
 * Parameters come as text: `limit=5` is a number. Ajv's own coercion would take `0x10` and ` 5` for numbers, and
 * `1e400` for one that is within every limit. The `+` of a zone that was not encoded has arrived as a space.
 */
function parameterReader(schema: TSchema): (data: Record<string, unknown>) => void {
  const { properties = {} } = schema as { properties?: Record<string, ParameterSchema> }
  const parameters = Object.entries(properties).map(([name, parameter]) => ({ name, read: textReader(parameter) }))
  return (data) => {
    for (const { name, read } of parameters) {
      const text = data[name]
      if (typeof text === 'string') data[name] = read(text)
    }
  }
}

interface ParameterSchema {
  type?: string
  format?: string
}

function textReader({ type, format = '' }: ParameterSchema): (text: string) => string | number | boolean {
  if (type === 'integer' || type === 'number') return numberOrText
  if (type === 'boolean') return (text) => truths.get(text) ?? normalText(text)
  if (Object.hasOwn(timeFormats, format)) return (text) => normalText(text).replace(/ (?=\d\d:\d\d$)/, '+')
  return normalText
}

const truths = new Map([
  ['true', true],
  ['false', false],
])

const numberOrText = (text: string) => (/^-?\d{1,300}(\.\d+)?$/.test(text) ? Number(text) : normalText(text))

const normalText = (text: string) => (isAscii(text) ? text : text.normalize('NFC'))

/** Every fault of a value that came another way than in a request. */
export function faultsOf(schema: TSchema, value: unknown): Fault[] {
  const validate = ajv.compile(schema)
  return validate(value) ? [] : toFaults(validate.errors ?? [])
}

function refusal(faults: Fault[]): AppError {
  const shown = faults.slice(0, 5).map((fault) => (fault === noBody ? 'A JSON body is required' : shownFault(fault)))
  if (faults.length > shown.length) shown.push(`and ${faults.length - shown.length} more`)
  return new AppError('invalid_request_error', shown.join('; '), { faults })
}

const shownFault = ({ path, message }: Fault) => withName(path.replace(/^\//, '') || 'The body', message)

/** One fault for each place, in the words of the table of sentences. */
function toFaults(all: ErrorObject[], part?: string): Fault[] {
  const faults = new Map<string, Fault>()
  const errors = ofMeantForms(all)
  for (const error of errors) {
    if (isNoise(error, errors)) continue
    const fault = { path: pathOf(error), message: messageOf(error, part) }
    const known = faults.get(fault.path)
    const isOther = known !== undefined && known.message !== fault.message
    faults.set(fault.path, isOther ? { ...fault, message: `${known.message} or ${fault.message}` } : fault)
  }
  return [...faults.values()]
}

/** That a choice failed says less than why its branches did, and that a value is not null says nothing. */
function isNoise({ keyword, params, instancePath }: ErrorObject, errors: ErrorObject[]): boolean {
  // What is wrong with the name is told by itself.
  if (keyword === 'propertyNames') return true
  const isOtherHere = (error: ErrorObject) =>
    error.keyword !== 'anyOf' && error.params.type !== 'null' && error.instancePath.startsWith(instancePath)
  return (keyword === 'anyOf' || params.type === 'null') && errors.some(isOtherHere)
}

function pathOf({ instancePath, keyword, params, propertyName }: ErrorObject): string {
  if (propertyName !== undefined) return `${instancePath}/${pointerPart(propertyName)}`
  if (keyword === 'required') return `${instancePath}/${params.missingProperty}`
  if (keyword === 'additionalProperties') return `${instancePath}/${params.additionalProperty}`
  return instancePath
}

function messageOf({ keyword, params, parentSchema, data }: ErrorObject, part: string | undefined): string {
  const schema = { ...parentSchema } as FaultySchema
  const isParameter = part === 'query'
  if (keyword === 'additionalProperties')
    return unknownName(params.additionalProperty, schema, isParameter ? 'parameter' : 'member')
  if (isParameter && Array.isArray(data)) return 'must be given only once'
  return sentenceOf(keyword, schema, data)
}
