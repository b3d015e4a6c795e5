import type { PageQuery } from '@mason/contract/common'
import type { Route } from '@mason/contract/route'
import { readAnswer } from './answer.ts'
import { delay } from './delay.ts'
import { exchange } from './exchange.ts'
import { idempotencyKey } from './idempotency-key.ts'
import type { Answer, Input, Item, PagedRoute } from './input.ts'
import { type Page, walkPages } from './pages.ts'
import { apiRequest } from './request.ts'
import { withRetries } from './retry.ts'

/** An API key, or a whole `Authorization` header for any other credential; neither for public routes. */
export type Credential = { key?: string; authorization?: never } | { key?: never; authorization?: string }

export type ClientOptions = Credential & {
  /** The platform's origin, such as `https://mason.example`; `''` in a page that the platform serves. */
  baseUrl: string
  /** Replaces the global `fetch`. */
  fetch?: typeof fetch
  /** The number of retries after a failed attempt; 4 by default. */
  maxRetries?: number
  /** The timeout of each attempt, in milliseconds; 30,000 by default. */
  timeoutMs?: number
  userAgent?: string
  /** Aborts every call of this client. */
  signal?: AbortSignal
  /** Replaces the timer between attempts. */
  delay?: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface CallOptions {
  /** Aborts this call, including its waits. */
  signal?: AbortSignal
  /** For a POST that must take effect once, even if the program restarts; a new key for each call by default. */
  idempotencyKey?: string
}

/** The input is optional if none of its members is required. */
type Arguments<I> = object extends I ? [input?: I, options?: CallOptions] : [input: I, options?: CallOptions]

export interface Client {
  /**
   * Calls a route of the contract: `const { data: [group] } = await call(createGroup, { name: 'kiosks' })`.
   *
   * Status 429, 502, 503, 504 and failed connections are retried with exponential back-off, never sooner than
   * `Retry-After`. All attempts of a POST have the same `Idempotency-Key`, so that it takes effect once. A DELETE whose
   * first answer was lost may end in a 404.
   *
   * @param input path parameters, query and body members in one flat object; `body` may hold the whole body.
   * @returns the body of the answer.
   * @throws ApiError when the API refuses; ConnectionError when it cannot be reached; the signal's reason on abort;
   * TypeError for input that no request can express. Source: docs/contract.md §1.
   */
  call<R extends Route>(route: R, ...args: Arguments<Input<R>>): Promise<Answer<R>>

  /**
   * Iterates over a paged list: `for await (const device of pages(listDevices, { online: true }))`. Pages are fetched as
   * they are needed; `limit` is the size of a page, `after` the page key to start after. Throws as `call` does.
   */
  pages<R extends PagedRoute>(
    route: R,
    ...args: Arguments<Omit<Input<R>, 'before'>>
  ): AsyncGenerator<Item<R>, void, undefined>
}

/**
 * Creates a client of the platform's API for Node and browsers. It holds no connection and need not be closed.
 *
 * @throws TypeError for a `baseUrl` that is neither an http or https URL nor `''`.
 */
export function createClient(options: ClientOptions): Client {
  const base = options.baseUrl.replace(/\/$/, '')
  if (!/^(https?:\/\/[^/].*)?$/i.test(base)) throw new TypeError(`baseUrl is not an http or https URL: ${base}`)
  const { maxRetries = 4, timeoutMs = 30_000 } = options
  const authorization = options.key === undefined ? options.authorization : `basic ${options.key}`

  async function send(route: Route, input: object | undefined, callOptions: CallOptions = {}): Promise<unknown> {
    const { method, path, body } = apiRequest(route, { ...input })
    const headers = new Headers()
    if (authorization !== undefined) headers.set('Authorization', authorization)
    if (options.userAgent !== undefined) headers.set('User-Agent', options.userAgent)
    if (body !== undefined) headers.set('Content-Type', 'application/json')
    if (method === 'POST') headers.set('Idempotency-Key', callOptions.idempotencyKey ?? idempotencyKey())
    const signal = AbortSignal.any([options.signal, callOptions.signal].filter((one) => one !== undefined))
    signal.throwIfAborted()

    // fetch would follow a redirected POST as a GET and report success.
    const redirect = method === 'GET' ? 'follow' : 'manual'
    const attempt = {
      fetch: options.fetch ?? globalThis.fetch,
      url: base + path,
      init: { method, headers, redirect, ...(body !== undefined && { body }) } as const,
      timeoutMs,
      signal,
    }
    return withRetries(
      async () => {
        const { response, text } = await exchange(attempt)
        return readAnswer(route, response, text)
      },
      { maxRetries, delay: options.delay ?? delay, signal },
    )
  }

  return {
    call: <R extends Route>(route: R, ...[input, callOptions]: Arguments<Input<R>>) =>
      send(route, input, callOptions) as Promise<Answer<R>>,
    pages: <R extends PagedRoute>(route: R, ...[input, callOptions]: Arguments<Omit<Input<R>, 'before'>>) => {
      const fetchPage = (after?: string) => send(route, { ...input, after }, callOptions) as Promise<Page<Item<R>>>
      return walkPages(fetchPage, (input as PageQuery | undefined)?.after)
    },
  }
}
