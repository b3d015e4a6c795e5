import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import { explain } from './explain.ts'
import type { Guard } from './guard.ts'

/** What a request came to. */
export interface Answer {
  status: number
  retryAfter: string | undefined
  /** The beginning of the body. */
  text: string
}

interface Sent {
  headers: Readonly<Record<string, string>>
  body: string
  /** From the first look at the name to the end of the answer. */
  timeoutMs: number
  /** How many bytes of the answer are kept. */
  keptBytes: number
  signal: AbortSignal
}

/** More of an answer is not read: its connection ends. */
const maxReadBytes = 2 ** 16
/** An idle connection is kept for so long. */
const idleMs = 5_000

/** The receiver ended an idle connection as it was used again: no byte of an answer came, and whether the request arrived is not known. */
export class EndedConnection extends Error {
  override readonly name = 'EndedConnection'
}

/** Posts to hosts that users have named. Certificates are verified, redirects are answers like any other. */
export class Outbound {
  readonly #guard: Guard
  readonly #http: http.Agent
  readonly #https: https.Agent

  constructor(guard: Guard) {
    this.#guard = guard
    const options = { keepAlive: true, timeout: idleMs, lookup: guard.lookup } as const
    this.#http = new http.Agent(options)
    this.#https = new https.Agent(options)
  }

  /**
   * Posts once.
   *
   * @throws what kept it from an answer, as a sentence; EndedConnection when it is worth another try at once.
   */
  async post(url: URL, sent: Sent): Promise<Answer> {
    this.#guard.check(url.hostname)
    // A signal of `AbortSignal.timeout` would keep the request and its answer in memory until its time is over.
    const ending = new AbortController()
    const end = () => ending.abort()
    const timer = setTimeout(end, sent.timeoutMs)
    sent.signal.addEventListener('abort', end)
    if (sent.signal.aborted) end()
    try {
      return await this.#exchange(url, { ...sent, signal: ending.signal })
    } catch (error) {
      if (sent.signal.aborted) throw error
      if (ending.signal.aborted) throw new Error(`there was no answer within ${sent.timeoutMs / 1000} s`)
      if (error instanceof EndedConnection) throw error
      throw new Error(explain(error as NodeJS.ErrnoException), { cause: error })
    } finally {
      clearTimeout(timer)
      sent.signal.removeEventListener('abort', end)
    }
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  async #exchange(url: URL, sent: Sent): Promise<Answer> {
    const isSecure = url.protocol === 'https:'
    const options: RequestOptions = {
      method: 'POST',
      headers: { ...sent.headers, 'content-length': String(Buffer.byteLength(sent.body)) },
      signal: sent.signal,
      agent: isSecure ? this.#https : this.#http,
    }
    const request = (isSecure ? https : http).request(url, options)
    request.end(sent.body)
    try {
      return await read(await answerTo(request), sent.keptBytes)
    } catch (error) {
      if (request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET')
        throw new EndedConnection('the receiver ended the connection; whether it arrived is not known')
      throw error
    }
  }
}

const answerTo = (request: ClientRequest) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject)
  })

/** Once there is a status, whatever becomes of the body is no failure. */
async function read(answer: IncomingMessage, keptBytes: number): Promise<Answer> {
  const kept: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if (size < keptBytes) kept.push(chunk.subarray(0, keptBytes - size))
      size += chunk.length
      if (size > maxReadBytes) break
    }
  } catch {
    // It was cut off.
  }
  const text = new TextDecoder().decode(Buffer.concat(kept), { stream: true })
  return { status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'], text }
}
