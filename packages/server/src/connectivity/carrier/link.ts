import type { IncomingHttpHeaders } from 'node:http'
import type { Static, TSchema } from 'typebox'
import { faultsOf } from '../../core/http/validation.ts'
import type { Caller } from '../../core/outbound/call.ts'
import { CarrierFault } from './fault.ts'
import type { Pace } from './pace.ts'

interface Request {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** From the base URL on. */
  path: string
  query?: Readonly<Record<string, string | number | undefined>>
  headers?: Readonly<Record<string, string>>
  body?: unknown
}

/** An answer that the carrier gave to a call that it took. */
export interface LinkAnswer {
  status: number
  headers: IncomingHttpHeaders
  /** Parsed; undefined where there is none. */
  body: unknown
}

interface Needs {
  caller: Caller
  baseUrl: string
  pace: Pace
  signal: AbortSignal
}

const callMs = 20_000
const maxBytes = 16 * 2 ** 20
/** Where a carrier does not say when to come again. */
const usualRetryMs = 5_000
/** Later than that no SIM waits for its next try. */
const longestRetryMs = 3_000_000

/** Speaks JSON over HTTP with the API of a carrier, for one connection: paced, bounded, and every failure as a fault. */
export class Link {
  readonly #needs: Needs

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /**
   * @returns an answer of the 200s, or one that the caller expects.
   * @throws CarrierFault for any other.
   */
  async request(request: Request, expected: readonly number[] = []): Promise<LinkAnswer> {
    const { caller, pace, signal } = this.#needs
    const { method = 'GET', headers = {}, body } = request
    await pace.turn(signal)
    const answer = await caller
      .call(this.#urlOf(request), {
        method,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        ...{ timeoutMs: callMs, maxBytes, signal },
      })
      .catch((error: Error) => {
        if (signal.aborted) throw error
        throw new CarrierFault('unreachable', `${this.#named(request)}: ${error.message}`)
      })
    const { status } = answer
    if ((status >= 200 && status < 300) || expected.includes(status))
      return { status, headers: answer.headers, body: this.#parse(request, answer.text) }
    throw this.#faultOf(request, status, answer.headers, answer.text)
  }

  /** An answer's body, held to what the carrier documents of it. */
  read<S extends TSchema>(schema: S, { body }: LinkAnswer, what: string): Static<S> {
    const [fault] = faultsOf(schema, body)
    if (fault)
      throw new CarrierFault(
        'unreachable',
        `The carrier's ${what} is not as documented: ${fault.path || 'it'} ${fault.message}`,
      )
    return body as Static<S>
  }

  #urlOf({ path, query = {} }: Request): URL {
    const url = new URL(this.#needs.baseUrl.replace(/\/+$/, '') + path)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value))
    return url
  }

  #named = ({ method = 'GET', path }: Request) => `${method} ${path}`

  #parse(request: Request, text: string): unknown {
    if (text.trim() === '') return undefined
    try {
      return JSON.parse(text)
    } catch {
      throw new CarrierFault('unreachable', `${this.#named(request)}: the answer is not JSON`)
    }
  }

  #faultOf(request: Request, status: number, headers: IncomingHttpHeaders, text: string): CarrierFault {
    const named = this.#named(request)
    if (status === 429) {
      const ms = retryAfterMs(headers['retry-after'])
      this.#needs.pace.hold(ms)
      return new CarrierFault('busy', `${named}: the carrier asked to wait (429)`, ms)
    }
    if (status === 401 || status === 403)
      return new CarrierFault('credentials', `The carrier does not take the credentials (${status})`)
    if (status >= 500 || status < 400)
      return new CarrierFault('unreachable', `${named}: the carrier answered ${status}`)
    return new CarrierFault('refused', `The carrier refused ${named} (${status})${saidIn(text)}`)
  }
}

/** Seconds, or a date. */
function retryAfterMs(header: string | undefined): number {
  if (header === undefined) return usualRetryMs
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 1000), longestRetryMs) : usualRetryMs
}

/** What an error says, in any of the forms that carriers have. */
function saidIn(text: string): string {
  try {
    const found = messageIn(JSON.parse(text))
    return found === undefined ? '' : `: ${found.slice(0, 200)}`
  } catch {
    return ''
  }
}

const messageMembers = ['detail', 'message', 'error_description', 'title', 'error', 'errors']

function messageIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return messageIn(value[0])
  if (typeof value !== 'object' || value === null) return undefined
  for (const name of messageMembers) {
    const found = name in value ? messageIn((value as Record<string, unknown>)[name]) : undefined
    if (found !== undefined) return found
  }
  return undefined
}
