/** Why a carrier did not do what it was asked. */
export class CarrierFault extends Error {
  /** `credentials` and `unreachable` are of the connection, `busy` says to come again later, `refused` is of the one call. */
  readonly kind: 'credentials' | 'unreachable' | 'busy' | 'refused'
  /** Of one that is busy: after which time to come again. */
  readonly retryAfterMs: number

  constructor(kind: CarrierFault['kind'], message: string, retryAfterMs = 0) {
    super(message)
    this.kind = kind
    this.retryAfterMs = retryAfterMs
  }
}

/** What went wrong, as a sentence of bounded length that can be stored. */
export const sentenceOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 300).toWellFormed().replaceAll('\0', '')
