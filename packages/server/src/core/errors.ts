import { type ErrorType, errorStatus } from '@mason/contract/error'

/** One fault of a request: where, and what. */
export interface Fault {
  path: string
  message: string
}

interface Details {
  faults?: Fault[]
  /** Seconds after which trying again makes sense. */
  retryAfter?: number
  /** The faults as the official CLI reads them. */
  itemized?: { code: string; message: string }[]
  /** Another status than the type's own: a 503 is an `api_error` too. */
  status?: number
  /** The code of RFC 6749 that goes with it under /oauth, where it is not the usual one of its type. */
  oauth?: string
}

/** What a service throws when it refuses; the one error handler turns it into an answer. */
export class AppError extends Error {
  readonly type: ErrorType
  readonly details: Details

  constructor(type: ErrorType, message: string, details: Details = {}) {
    super(message)
    this.type = type
    this.details = details
  }

  get status(): number {
    return this.details.status ?? errorStatus[this.type]
  }
}

export const notFound = (what: string) => new AppError('not_found_error', `There is no such ${what}`)

/** A refusal that names the member at fault. */
export const invalid = (path: string, message: string) =>
  new AppError('invalid_request_error', `${path.slice(1)} ${message}`, { faults: [{ path, message }] })

/** Does what reads a part of a request: what is wrong with the part is said at its place in the whole. */
export function at<T>(place: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const faults = error instanceof AppError ? error.details.faults : undefined
    if (!(error instanceof AppError) || !faults) throw error
    const placed = faults.map(({ path, message }) => ({ path: `${place}${path}`, message }))
    const message = placed.map(({ path, message }) => `${path.slice(1)} ${message}`).join('; ')
    throw new AppError(error.type, message, { ...error.details, faults: placed })
  }
}
