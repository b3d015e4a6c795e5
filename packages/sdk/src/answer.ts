import type { ErrorBody } from '@mason/contract/common'
import type { Route } from '@mason/contract/route'
import { ApiError } from './api-error.ts'
import { retryAfterMs } from './retry-after.ts'

/**
 * Reads an answer: the parsed JSON of a status 200, or its text if the route answers text. It is not validated against the
 * schema, so that a newer server may add members.
 *
 * @throws ApiError for any other status, and for a 200 that is not JSON. Source: docs/contract.md §1.
 */
export function readAnswer(route: Route, response: Response, text: string): unknown {
  const requestId = response.headers.get('x-request-id') ?? undefined
  if (response.status !== 200) {
    const body = parseJson(text)
    const known = isErrorBody(body) ? body : {}
    throw new ApiError(response.status, { requestId, ...known }, retryAfterMs(response.headers))
  }
  if (isText(route)) return text
  const answer = parseJson(text)
  if (answer === undefined) throw new ApiError(200, { message: 'the answer is not JSON', requestId })
  return answer
}

function isText(route: Route): boolean {
  const schema = route.schema.response[200]
  return schema !== undefined && 'type' in schema && schema.type === 'string'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isErrorBody(body: unknown): body is ErrorBody {
  return (
    typeof body === 'object' &&
    body !== null &&
    'type' in body &&
    typeof body.type === 'string' &&
    'message' in body &&
    typeof body.message === 'string'
  )
}
