import type { ErrorBody } from '@mason/contract/common'

/**
 * An answer of the API that is not a success.
 *
 * `type` is one of the documented error types (`not_found_error`, `rate_limit_error`, …), or `api_error` if the answer does
 * not come from the API, for example from a proxy. `errors` lists every fault of a request that failed validation.
 * `retryAfterMs` is the wait in milliseconds that the server requested. Source: docs/contract.md §1.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly type: string
  readonly requestId: string | undefined
  readonly errors: NonNullable<ErrorBody['errors']>
  readonly retryAfterMs: number | undefined

  constructor(status: number, body: Partial<ErrorBody>, retryAfterMs?: number) {
    super(body.message ?? `answered with status ${status}`)
    this.status = status
    this.type = body.type ?? 'api_error'
    this.requestId = body.requestId
    this.errors = body.errors ?? []
    this.retryAfterMs = retryAfterMs
  }
}
