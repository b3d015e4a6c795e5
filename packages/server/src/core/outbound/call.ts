import http, { type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import { explain } from './explain.ts'
import type { Guard } from './guard.ts'

interface Sent {
  method: string
  headers: Readonly<Record<string, string>>
  body?: string | undefined
  /** From the first look at the name to the end of the answer. */
  timeoutMs: number
  /** A longer answer is none. */
  maxBytes: number
  signal: AbortSignal
}

/** A whole answer. */
interface Answered {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** An idle connection is kept for so long. */
const idleMs = 5_000

/** Calls APIs of others. Certificates are verified, redirects are answers like any other, and an answer is whole or none. */
export class Caller {
  readonly #guard: Guard
  readonly #http: http.Agent
  readonly #https: https.Agent

  constructor(guard: Guard) {
    this.#guard = guard
    const options = { keepAlive: true, timeout: idleMs, lookup: guard.lookup } as const
    this.#http = new http.Agent(options)
    this.#https = new https.Agent(options)
  }

  /** @throws what kept it from an answer, as a sentence. */
  async call(url: URL, sent: Sent): Promise<Answered> {
    this.#guard.check(url.hostname)
    const timeout = AbortSignal.timeout(sent.timeoutMs)
    const signal = AbortSignal.any([sent.signal, timeout])
    try {
      return await this.#exchange(url, { ...sent, signal })
    } catch (error) {
      if (sent.signal.aborted) throw error
      if (timeout.aborted) throw new Error(`there was no answer within ${sent.timeoutMs / 1000} s`)
      throw new Error(explain(error as NodeJS.ErrnoException), { cause: error })
    }
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  async #exchange(url: URL, sent: Sent): Promise<Answered> {
    const { method, headers, body = '', signal, maxBytes } = sent
    const isSecure = url.protocol === 'https:'
    const options: RequestOptions = {
      method,
      headers: { ...headers, ...(body !== '' && { 'content-length': String(Buffer.byteLength(body)) }) },
      signal,
      agent: isSecure ? this.#https : this.#http,
    }
    const request = (isSecure ? https : http).request(url, options)
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        request.on('response', resolve).on('error', reject).end(body)
      })
      return { status: answer.statusCode ?? 0, headers: answer.headers, text: await readWhole(answer, maxBytes) }
    } catch (error) {
      // The other end closed an idle connection as it was used again; no byte of an answer came.
      if (request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET')
        return this.#exchange(url, sent)
      throw error
    }
  }
}

async function readWhole(answer: IncomingMessage, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
