import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { refuse } from './refuse.ts'

/** A request whose body may still be on its way. */
interface Transfer {
  request: IncomingMessage
  response: ServerResponse
  begunAt: number
  /** When the answer was seen to have left. */
  answeredAt?: number
  /** For a body that is measured by its progress. */
  progress?: { bytes: number; creditMs: number; lookedAt: number }
}

const lookEveryMs = 1_000
/** A body that is read whole must be there within this. */
const bodyMs = 60_000
/** Enough for a body that is worked on as it arrives. */
const bytesPerMs = 10
/** How long such a body may stand still before, or in between. */
const maxCreditMs = 30_000
/** What comes of a body after its answer is let go by for so long. */
const lingerMs = 5_000

const streamed = new WeakSet<IncomingMessage>()

/** Says that a body is worked on as it arrives: it is measured by its progress, however long it is. */
export const measureByProgress = (request: IncomingMessage): void => void streamed.add(request)

/** Ends requests whose body comes too slowly. */
export class Transfers {
  readonly #now: () => number
  /** Of each connection the latest: the next request begins only after the body of the one before. */
  readonly #latest = new Map<Socket, Transfer>()
  #timer: NodeJS.Timeout | undefined

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  start(): void {
    this.#timer ??= setInterval(() => this.look(), lookEveryMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Watches a request until its body is whole. Most have none, and cost nothing. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    if (hasBody(request)) this.#latest.set(request.socket, { request, response, begunAt: this.#now() })
  }

  look(): void {
    const now = this.#now()
    for (const [socket, transfer] of this.#latest)
      if (socket.destroyed || transfer.request.complete) this.#latest.delete(socket)
      else endIfSlow(transfer, now)
  }
}

/** RFC 9112 §6: these headers, and nothing else, say that there is a body. */
const hasBody = ({ headers }: IncomingMessage) =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined

function endIfSlow(transfer: Transfer, now: number): void {
  const { request, response, begunAt } = transfer
  if (response.closed) {
    transfer.answeredAt ??= now
    if (now - transfer.answeredAt > lingerMs) request.socket.destroy()
    return
  }
  const isStreamed = streamed.has(request)
  if (isStreamed ? isAdvancing(transfer, now) : now - begunAt <= bodyMs) return
  const message = isStreamed
    ? 'The body arrives too slowly: at least 10 KB a second is required'
    : 'The body must be whole within 60 seconds'
  if (response.headersSent) request.socket.destroy()
  else refuse(request.socket, message)
}

/** Every 10 KB buy a second. While it is the server that does not read, none is used. */
function isAdvancing(transfer: Transfer, now: number): boolean {
  const { request } = transfer
  const bytes = request.socket.bytesRead
  const { progress = { bytes, creditMs: maxCreditMs, lookedAt: now } } = transfer
  const used = request.readableLength > 0 ? 0 : Math.max(0, now - progress.lookedAt)
  const creditMs = Math.min(maxCreditMs, progress.creditMs - used + (bytes - progress.bytes) / bytesPerMs)
  transfer.progress = { bytes, creditMs, lookedAt: now }
  return creditMs > 0
}
