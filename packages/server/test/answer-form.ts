import { ErrorBody } from '@mason/contract/common'
import { errorStatus } from '@mason/contract/error'
import { eventSchema } from '@mason/contract/event-schema'
import type { Route } from '@mason/contract/route'
import { isTimezone } from '@mason/contract/window'
import { Ajv, type ValidateFunction } from 'ajv'
import type { TSchema } from 'typebox'
import { expect } from 'vitest'
import type { RawAnswer } from './exchange.ts'

/** Answers are held to more than requests are: times are UTC with milliseconds, and no member is unknown. */
const ajv = new Ajv({
  allErrors: true,
  strict: false,
  formats: {
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    'day-or-time': true,
    iccid: true,
    timezone: isTimezone,
    'window-timezone': (text) => text === 'device' || isTimezone(text),
    uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  },
})

/** The schema with every object closed, so that a misspelled member is found. */
function closedSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closedSchema)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closedSchema(part)]))
  return copy.type === 'object' && copy.properties && copy.additionalProperties === undefined
    ? { ...copy, additionalProperties: false }
    : copy
}

const validators = new Map<TSchema, ValidateFunction>()

function expectSchema(schema: TSchema, value: unknown): void {
  let validate = validators.get(schema)
  if (!validate) {
    validate = ajv.compile(closedSchema(JSON.parse(JSON.stringify(schema))) as object)
    validators.set(schema, validate)
  }
  if (validate(value)) return
  const shown = JSON.stringify(value)?.slice(0, 2_000)
  throw new Error(`${ajv.errorsText(validate.errors, { dataVar: 'the answer', separator: '\n' })}\nin ${shown}`)
}

/** An answer other than 200 has the documented form, whatever brought it about. */
export function expectErrorForm({ status, headers, text }: RawAnswer): ErrorBody {
  expect(headers['content-type'], text).toMatch(/^application\/json(;|$)/)
  const body = JSON.parse(text) as ErrorBody
  expectSchema(ErrorBody, body)
  expect(body.message).not.toBe('')
  expect(body.requestId).toBe(headers['x-request-id'])
  const statuses = Object.entries(errorStatus).map(([type, usual]) => `${usual} ${type}`)
  expect([...statuses, '405 invalid_request_error', '503 api_error']).toContain(`${status} ${body.type}`)
  if (status === 401) expect(headers['www-authenticate']).toMatch(/^Basic realm="/)
  return body
}

const eventSchemas = new Map<string, TSchema>()

/** An event is what OpenAPI says of its type. */
export function expectEventForm(event: { type: string }): void {
  const { type } = event
  const schema = eventSchemas.get(type) ?? eventSchema(type)
  eventSchemas.set(type, schema)
  expectSchema(schema, event)
}

/** A 200 is what the contract says of the route; anything else is an error in its form. */
export function expectContractForm(route: Route, answer: RawAnswer): void {
  if (answer.status !== 200) {
    expectErrorForm(answer)
    return
  }
  expect(answer.headers['x-request-id']).toBeDefined()
  const schema = route.schema.response[200]
  if (!schema) throw new Error(`${route.schema.operationId} has no schema for its answer`)
  if ('type' in schema && schema.type === 'string') return
  expect(answer.headers['content-type']).toMatch(/^application\/json(;|$)/)
  expectSchema(schema, JSON.parse(answer.text))
}
