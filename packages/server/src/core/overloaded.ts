import { AppError } from './errors.ts'

/** As long as anything waits for its turn: the refusal has left within 5 s (docs/contract.md §14). */
export const patienceMs = 4_500

/** What is refused comes again later, spread over the time that it is told. */
export const overloaded = (message: string): AppError =>
  new AppError('api_error', message, { status: 503, retryAfter: 5 + Math.floor(Math.random() * 25) })
