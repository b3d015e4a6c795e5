import { CarrierFault } from './fault.ts'
import type { Link, LinkAnswer } from './link.ts'

interface Token {
  headers: Readonly<Record<string, string>>
  /** For how long it is good. */
  seconds: number
}

/** A token is renewed so long before its end. */
const marginMs = 60_000

/** Calls with a token that is fetched when there is none, when it is old, and once when it is not taken. */
export class WithToken {
  readonly #link: Link
  readonly #fetch: () => Promise<Token>
  #token: { headers: Token['headers']; until: number } | undefined
  #fetching: Promise<void> | undefined

  constructor(link: Link, fetch: () => Promise<Token>) {
    this.#link = link
    this.#fetch = fetch
  }

  async request(...[request, expected]: Parameters<Link['request']>): Promise<LinkAnswer> {
    const headers = await this.#headers()
    try {
      return await this.#link.request({ ...request, headers }, expected)
    } catch (error) {
      if (!(error instanceof CarrierFault) || error.kind !== 'credentials') throw error
      // Those that were asked at the same time have renewed it already.
      if (this.#token?.headers === headers) this.#token = undefined
      return this.#link.request({ ...request, headers: await this.#headers() }, expected)
    }
  }

  /** Fetches a token, whatever there is. */
  async renew(): Promise<void> {
    this.#token = undefined
    await this.#headers()
  }

  async #headers(): Promise<Token['headers']> {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (this.#token && this.#token.until > performance.now()) return this.#token.headers
      this.#fetching ??= this.#renew().finally(() => {
        this.#fetching = undefined
      })
      await this.#fetching
    }
    throw new CarrierFault('unreachable', 'The carrier gives tokens that are no longer good')
  }

  async #renew(): Promise<void> {
    const { headers, seconds } = await this.#fetch()
    const lifetimeMs = Math.max(seconds * 1000 - marginMs, 1_000)
    this.#token = { headers, until: performance.now() + lifetimeMs }
  }
}
