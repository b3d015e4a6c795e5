import { ConnectionError } from './connection-error.ts'

/** One attempt at an HTTP exchange. */
export interface Attempt {
  fetch: typeof fetch
  url: string
  init: RequestInit & { method: string }
  /** The timeout of the whole exchange, including the body of the answer, in milliseconds. */
  timeoutMs: number
  signal: AbortSignal
}

/**
 * Sends a request once and reads the whole answer.
 *
 * @returns the response, whose body has been read, and its body as text.
 * @throws ConnectionError when no whole answer arrives in time or the signal aborts.
 */
export async function exchange(attempt: Attempt): Promise<{ response: Response; text: string }> {
  const { fetch, url, init, timeoutMs } = attempt
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.any([attempt.signal, timeout.signal]) })
    return { response, text: await response.text() }
  } catch (cause) {
    throw new ConnectionError(`${init.method} ${url}: ${reason(cause)}`, { cause })
  } finally {
    clearTimeout(timer)
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error && error.cause.message ? error.cause.message : error.message
}
