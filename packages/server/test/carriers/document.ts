import T, { type TSchema } from 'typebox'
import { Value } from 'typebox/value'

/** An operation as a carrier publishes it, as far as it is used here. */
interface Operation {
  method: string
  /** With `{names}` of what stands in it. */
  path: string
  /** Parameters of the query, as the texts that they are. */
  query?: Readonly<Record<string, TSchema>>
  body?: TSchema
  answers: Readonly<Record<number, TSchema>>
}

interface Asked {
  method: string
  path: string
  query: URLSearchParams
  body: unknown
}

export type Document = readonly Operation[]

const isAt = (template: string, path: string) =>
  new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path)

/** The operation that a request is for. */
const operationOf = (document: Document, { method, path }: Asked): Operation | undefined =>
  document.find((one) => one.method === method && isAt(one.path, path))

/** What is wrong with a request by the carrier's own document. */
export function requestFault(document: Document, request: Asked): string | undefined {
  const operation = operationOf(document, request)
  const named = `${request.method} ${request.path}`
  if (!operation) return `${named} is not documented`
  const query = T.Object({ ...operation.query }, { additionalProperties: false })
  const fault =
    faultIn(query, Object.fromEntries(request.query)) ??
    (operation.body ? faultIn(operation.body, request.body) : undefined)
  return fault && `${named}: the request: ${fault}`
}

/** What is wrong with an answer. Errors are not documented closely, and held to nothing. */
export function answerFault(
  document: Document,
  request: Asked,
  { status, body }: { status: number; body?: unknown },
): string | undefined {
  const operation = operationOf(document, request)
  if (!operation || status >= 400) return undefined
  if (!(status in operation.answers)) return `${request.method} ${request.path}: ${status} is not documented`
  const fault = faultIn(operation.answers[status] ?? T.Never(), body)
  return fault && `${request.method} ${request.path}: the answer ${status}: ${fault}`
}

function faultIn(schema: TSchema, value: unknown): string | undefined {
  const [first] = Value.Errors(schema, value)
  return first && `${first.instancePath || 'it'} ${first.message}`
}

/** No content. */
export const nothing = T.Undefined()
/** A whole number in a query. */
export const whole = T.Optional(T.String({ pattern: '^[1-9]\\d*$' }))
/** A day in a query or an answer. */
export const date = T.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })
