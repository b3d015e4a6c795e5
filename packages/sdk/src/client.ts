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

/** Who calls: an API key, or a whole `Authorization` header for any other credential. Neither for public routes. */
export type Credential = { key?: string; authorization?: never } | { key?: never; authorization?: string }

export type ClientOptions = Credential & {
  /** Where the platform is, as `https://mason.example`; `''` in a page that it serves itself. */
  baseUrl: string
  /** In place of the global `fetch`. */
  fetch?: typeof fetch
  /** How often to try again after a first attempt that failed; 4 by default, 0 for never. */
  maxRetries?: number
  /** Milliseconds for each attempt; 30,000 by default. */
  timeoutMs?: number
  userAgent?: string
  /** Aborts every call of this client. */
  signal?: AbortSignal
  /** In place of the timer between attempts. */
  delay?: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface CallOptions {
  /** Aborts this call, its waits included. */
  signal?: AbortSignal
  /** For a POST that is to happen once even if the program starts anew; a fresh one for each call by default. */
  idempotencyKey?: string
}

/** Input may be left out where no member of it is required. */
type Arguments<I> = object extends I ? [input?: I, options?: CallOptions] : [input: I, options?: CallOptions]

export interface Client {
  /**
   * Calls a route of the contract: `const { data: [group] } = await call(createGroup, { name: 'kiosks' })`.
   *
   * Status 429, 502, 503, 504 and failed connections are tried again with exponential back-off, no sooner than
   * `Retry-After` says. A POST carries one `Idempotency-Key` over all its attempts and so takes effect once. A DELETE
   * whose first answer was lost may end in a 404.
   *
   * @param input path parameters, query and body members, flat; `body` may hold the whole body.
   * @returns the body of the answer.
   * @throws ApiError when the API refuses; ConnectionError when it cannot be reached; the signal's reason on abort;
   * TypeError for input that no request can carry. Source: contract §1.
   */
  call<R extends Route>(route: R, ...args: Arguments<Input<R>>): Promise<Answer<R>>

  /**
   * Walks a paged list: `for await (const device of pages(listDevices, { online: true }))`. Pages are fetched as they are
   * needed; `limit` is the size of each, `after` the page key to start behind. Fails as `call` does.
   */
  pages<R extends PagedRoute>(
    route: R,
    ...args: Arguments<Omit<Input<R>, 'before'>>
  ): AsyncGenerator<Item<R>, void, undefined>
}

/**
 * Makes a client of the platform's API for Node and browsers; it holds no connection and needs no closing.
 *
 * @throws TypeError for a `baseUrl` that is neither an http or https URL nor `''`.
 */
export function createClient(options: ClientOptions): Client {
  const base = options.baseUrl.replace(/\/$/, '')
  if (!/^(https?:\/\/[^/].*)?$/i.test(base)) throw new TypeError(`baseUrl is no http or https URL: ${base}`)
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

    // fetch would follow a redirected POST as a GET and report its success.
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
