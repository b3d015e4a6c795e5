/** The error types with their HTTP statuses. Source: docs/contract.md §1. */
export const errorStatus = {
  invalid_request_error: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  idempotency_error: 409,
  rate_limit_error: 429,
  api_error: 500,
} as const

/** An error type. Source: docs/contract.md §1. */
export type ErrorType = keyof typeof errorStatus
