import { AppError } from '../errors.ts'

/** A disk or bucket without room is a 503 that says so; any other failure stays what it is. */
export function refuseFull(error: unknown): unknown {
  const { code, $metadata } = error as { code?: string; $metadata?: { httpStatusCode?: number } }
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || $metadata?.httpStatusCode === 507
  if (!isFull) return error
  return new AppError('api_error', 'The storage is full; nothing was kept', { status: 503, retryAfter: 60 })
}
