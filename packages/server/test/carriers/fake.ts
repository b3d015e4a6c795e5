import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CarrierTypeName } from '@mason/contract/carrier-type'
import type { SimState } from '@mason/contract/sim'
import { answerFault, type Document, requestFault } from './document.ts'

/** What a SIM has used on a day, in bytes. */
export interface Used {
  upload: number
  download: number
}

/** A SIM at a carrier. */
export interface FakeSim {
  /** With its check digit. */
  iccid: string
  /** By which the carrier knows it. */
  id: string
  state: SimState
  usage: Map<string, Used>
  /** An action that goes on, or what became of the last. */
  action?: { id: string; type: string; status: string; reason?: string; asksLeft: number; createdAt: string }
  /** In bytes a month. */
  dataLimit?: number | undefined
  /** The IMEI of the only device that it may be in; of a carrier that locks to the device that it is in, that. */
  imeiLock?: string | undefined
  /** The IMEI of the device that it is in. */
  imei?: string
  /** A state of this carrier alone. */
  special?: string
}

export interface FakeRequest {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  // biome-ignore lint/suspicious/noExplicitAny: a fake reads what the carrier documents
  body: any
}

export interface FakeAnswer {
  status: number
  headers?: Record<string, string>
  body?: unknown
}

/** Something that goes wrong in place of an answer. */
export interface Trouble extends FakeAnswer {
  /** Nothing is answered for so long. */
  delayMs?: number
  /** Only where the path has this in it. */
  at?: string
}

/** How the API of a carrier is faked: from what it documents, and from nothing in the server. */
export interface Dialect {
  type: CarrierTypeName
  /** What requests and answers are held to. */
  document: Document
  credentials: Record<string, string>
  /** The path at which tokens are given; none where a key is the token. */
  authenticate?(request: FakeRequest, fake: FakeCarrier): FakeAnswer | undefined
  isAuthenticated(request: FakeRequest, fake: FakeCarrier): boolean
  answer(request: FakeRequest, fake: FakeCarrier): FakeAnswer | undefined
  idOf(iccid: string, index: number): string
}

/** The server of a carrier, with its SIMs. */
export class FakeCarrier {
  readonly dialect: Dialect
  readonly sims = new Map<string, FakeSim>()
  readonly byId = new Map<string, FakeSim>()
  /** Every request that was answered, by when and how. */
  readonly log: { at: number; method: string; path: string; status: number }[] = []
  readonly troubles: Trouble[] = []
  /** What was not as the carrier documents it. */
  readonly faults: string[] = []
  /** Hears of every request before it is answered. */
  watch: (request: FakeRequest) => void = () => {}
  /** Tokens that are good. */
  readonly tokens = new Set<string>()
  /** Requests that it takes in any second. */
  perSecond = Number.POSITIVE_INFINITY
  url = ''
  #server: ReturnType<typeof createServer> | undefined
  #recent: number[] = []

  constructor(dialect: Dialect) {
    this.dialect = dialect
  }

  add(iccid: string, state: SimState = 'active'): FakeSim {
    const sim: FakeSim = { iccid, id: this.dialect.idOf(iccid, this.sims.size), state, usage: new Map() }
    this.sims.set(iccid, sim)
    this.byId.set(sim.id, sim)
    return sim
  }

  remove(iccid: string): void {
    const sim = this.sims.get(iccid)
    if (!sim) return
    this.sims.delete(iccid)
    this.byId.delete(sim.id)
  }

  newToken(): string {
    const token = `token-${crypto.randomUUID()}`
    this.tokens.add(token)
    return token
  }

  count(status: number): number {
    return this.log.filter((entry) => entry.status === status).length
  }

  async start(): Promise<this> {
    const server = createServer(async (request, response) => {
      const pieces: Buffer[] = []
      for await (const piece of request) pieces.push(piece as Buffer)
      const url = new URL(request.url ?? '/', 'http://fake')
      const text = Buffer.concat(pieces).toString()
      const asked: FakeRequest = {
        ...{ method: request.method ?? 'GET', path: url.pathname, query: url.searchParams, headers: request.headers },
        body: text === '' ? undefined : JSON.parse(text),
      }
      const answer = await this.#answer(asked)
      this.log.push({ at: performance.now(), method: asked.method, path: asked.path, status: answer.status })
      const headers = { 'content-type': 'application/json', ...answer.headers }
      const body = answer.body === undefined ? '' : JSON.stringify(answer.body)
      response.writeHead(answer.status, headers).end(body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.#server = server
    return this
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (!server) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  async #answer(request: FakeRequest): Promise<FakeAnswer> {
    const { document } = this.dialect
    const answer = await this.#react(request)
    const faults = [
      requestFault(document, request),
      answer.isTrouble ? undefined : answerFault(document, request, answer),
    ]
    this.faults.push(...faults.filter((fault) => fault !== undefined))
    this.watch(request)
    return answer
  }

  async #react(request: FakeRequest): Promise<FakeAnswer & { isTrouble?: boolean }> {
    const index = this.troubles.findIndex(({ at }) => at === undefined || request.path.includes(at))
    const [trouble] = index === -1 ? [] : this.troubles.splice(index, 1)
    if (trouble?.delayMs !== undefined) await sleep(trouble.delayMs)
    if (trouble) return { ...trouble, isTrouble: true }
    if (this.#isTooMuch()) return { status: 429, body: { message: 'Too many requests' } }
    const given = this.dialect.authenticate?.(request, this)
    if (given) return given
    if (!this.dialect.isAuthenticated(request, this)) return { status: 401, body: { message: 'Unauthorized' } }
    return this.dialect.answer(request, this) ?? { status: 404, body: { message: `no ${request.path}` } }
  }

  #isTooMuch(): boolean {
    const now = performance.now()
    this.#recent = this.#recent.filter((at) => at > now - 1000)
    if (this.#recent.length >= this.perSecond) return true
    this.#recent.push(now)
    return false
  }
}

/** The items of a page that begins with 1. */
export const pageOf = <T>(items: readonly T[], page: number, size: number): T[] =>
  items.slice((page - 1) * size, page * size)

/** Bytes as a carrier writes them: megabytes with six digits behind the point. */
export const megabytes = (bytes: number): string => `${Math.floor(bytes / 1e6)}.${String(bytes % 1e6).padStart(6, '0')}`

/** The days of a SIM from one to another, both among them. */
export const daysBetween = (sim: FakeSim, first: string, last: string): [string, Used][] =>
  [...sim.usage].filter(([day]) => day >= first && day <= last).sort(([a], [b]) => (a < b ? -1 : 1))
