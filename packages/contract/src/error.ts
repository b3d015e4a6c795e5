/** The documented error types and the status that each is sent with. Source: contract §1. */
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

/** One of the documented error types. */
export type ErrorType = keyof typeof errorStatus
