import { type IdentifierFormat, identifierFault, identifierFormats } from '@mason/contract/identifiers'
import { parseTime } from '@mason/contract/time'
import { Ajv, type ErrorObject } from 'ajv'
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { AppError, type Fault } from '../errors.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether the text is a UUID; anything else names nothing. */
export const isUuid = (text: string) => uuid.test(text)

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  useDefaults: true,
  strictNumbers: true,
  strict: false,
  validateFormats: true,
  formats: {
    'date-time': (text: string) => parseTime(text) !== undefined,
    uuid,
    ...Object.fromEntries(
      Object.entries(identifierFormats).map(([name, { read }]) => [name, (text: string) => read(text) !== undefined]),
    ),
  },
})

/** Validates against the contract's schemas and reports every fault at once. */
export function validateByContract(app: FastifyInstance): void {
  const compile: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
    const validate = ajv.compile(schema)
    const read = httpPart === 'body' ? undefined : parameterReader(schema)
    return (data: unknown) => {
      read?.(data as Record<string, unknown>)
      if (validate(data)) return { value: data }
      return { error: refusal(validate.errors ?? [], httpPart, data) }
    }
  }
  app.setValidatorCompiler(compile)
}

/** Checks a body that came another way than by HTTP. */
export function bodyReader<const S extends TSchema>(schema: S): (body: unknown) => Static<S> {
  const validate = ajv.compile(schema)
  return (body) => {
    if (validate(body)) return body as Static<S>
    throw refusal(validate.errors ?? [], 'body', body)
  }
}

/**
 * Parameters come as text: `limit=5` is a number. Ajv's own coercion would take `0x10` and ` 5` for numbers, and
 * `1e400` for one that is within every limit.
 */
function parameterReader(schema: TSchema): (data: Record<string, unknown>) => void {
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> }
  const ofType = (...types: string[]) =>
    Object.keys(properties).filter((name) => types.includes(properties[name]?.type ?? ''))
  const [numbers, booleans] = [ofType('integer', 'number'), ofType('boolean')]
  return (data) => {
    for (const name of numbers) {
      const text = data[name]
      if (typeof text === 'string' && /^-?\d{1,300}(\.\d+)?$/.test(text)) data[name] = Number(text)
    }
    for (const name of booleans) if (data[name] === 'true' || data[name] === 'false') data[name] = data[name] === 'true'
  }
}

function refusal(errors: ErrorObject[], part: string | undefined, data: unknown): AppError {
  if (part === 'body' && (data === undefined || data === null))
    return new AppError('invalid_request_error', 'A JSON body is required')
  const faults = new Map<string, Fault>()
  for (const error of errors) {
    if (isNoise(error, errors)) continue
    const fault = { path: pathOf(error), message: messageOf(error) }
    const known = faults.get(fault.path)
    const isOther = known !== undefined && known.message !== fault.message
    faults.set(fault.path, isOther ? { ...fault, message: `${known.message} or ${fault.message}` } : fault)
  }
  const list = [...faults.values()]
  const shown = list.slice(0, 5).map(({ path, message }) => `${path.replace(/^\//, '') || 'The body'} ${message}`)
  if (list.length > shown.length) shown.push(`and ${list.length - shown.length} more`)
  return new AppError('invalid_request_error', shown.join('; '), { faults: list })
}

/** That a choice failed says less than why its branches did, and that a value is not null says nothing. */
function isNoise({ keyword, params, instancePath }: ErrorObject, errors: ErrorObject[]): boolean {
  const isOtherHere = (error: ErrorObject) =>
    error.keyword !== 'anyOf' && error.params.type !== 'null' && error.instancePath.startsWith(instancePath)
  return (keyword === 'anyOf' || params.type === 'null') && errors.some(isOtherHere)
}

function pathOf({ instancePath, keyword, params }: ErrorObject): string {
  if (keyword === 'required') return `${instancePath}/${params.missingProperty}`
  if (keyword === 'additionalProperties') return `${instancePath}/${params.additionalProperty}`
  return instancePath
}

const formatFaults: Readonly<Record<string, string>> = {
  'date-time': 'must be an RFC 3339 date and time, such as 2026-11-02T09:30:00Z',
}

const isIdentifier = (format: string): format is IdentifierFormat => Object.hasOwn(identifierFormats, format)

function messageOf({ keyword, parentSchema = {}, message = 'is not valid', data }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return 'is required'
    case 'additionalProperties':
      return 'is not a member that this call knows'
    case 'minProperties':
      return 'must have at least one member'
    case 'format':
      return isIdentifier(parentSchema.format)
        ? identifierFault(parentSchema.format, data)
        : (formatFaults[parentSchema.format] ?? message)
    case 'type':
    case 'minimum':
    case 'maximum':
      if (parentSchema.type === 'integer' && parentSchema.maximum !== undefined)
        return `must be an integer from ${parentSchema.minimum} to ${parentSchema.maximum}`
      return message
    case 'enum':
      return `must be one of ${(parentSchema.enum as unknown[]).join(', ')}`
    default:
      return message
  }
}
