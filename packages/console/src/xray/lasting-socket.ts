import { getXraySession } from '@mason/contract/xray'
import { call, one } from '../api/client.ts'

/** A connection that was cut is made anew for so long; the platform waits as long. */
const againMs = 30_000
const pauseMs = 1_000
/** After so many bytes the platform is told how many have come. */
const confirmBytes = 64 * 1024

interface Listeners {
  bytes(bytes: Uint8Array): void
  /** Whether the connection is cut for the moment. */
  lost(isLost: boolean): void
}

/**
 * A session that goes on when its connection is cut: what has not arrived is sent again, in both directions. Both ends say by the
 * text `received:N` how many bytes they have. Source: docs/contract.md §10.
 */
export class LastingSocket {
  readonly #id: string
  /** The address of the session, without a ticket. */
  readonly #address: string
  #socket: WebSocket
  #listeners: Listeners | undefined
  /** What was sent and may not have arrived. */
  #unconfirmed: Uint8Array[] = []
  #unconfirmedBytes = 0
  #confirmed = 0
  #received = 0
  #told = 0
  #lostAt: number | undefined
  #isOver = false
  readonly #end = Promise.withResolvers<{ code: number; reason: string }>()
  /** How it ended, for good. */
  readonly ended = this.#end.promise

  /** @param socket has been opened with `received=0`. */
  constructor(id: string, address: string, socket: WebSocket) {
    this.#id = id
    this.#address = address
    this.#socket = socket
    this.#read(socket)
  }

  listen(listeners: Listeners): void {
    this.#listeners = listeners
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** What waits in this browser. */
  get waitingBytes(): number {
    return this.#lostAt === undefined ? this.#socket.bufferedAmount : this.#unconfirmedBytes
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#unconfirmed.push(bytes)
    this.#unconfirmedBytes += bytes.length
    if (this.#lostAt === undefined) this.#socket.send(bytes)
  }

  sendText(text: string): void {
    if (this.#lostAt === undefined) this.#socket.send(text)
  }

  close(): void {
    this.#isOver = true
    this.#socket.close(1000)
    this.#end.resolve({ code: 1000, reason: '' })
  }

  #read(socket: WebSocket): void {
    socket.addEventListener('message', ({ data }) => {
      if (socket !== this.#socket) return
      if (typeof data === 'string') return this.#confirm(data)
      this.#received += data.byteLength
      if (this.#received - this.#told >= confirmBytes) {
        this.#told = this.#received
        socket.send(`received:${this.#received}`)
      }
      if (data.byteLength > 0) this.#listeners?.bytes(new Uint8Array(data))
    })
    socket.addEventListener('close', ({ code, reason }) => {
      if (socket !== this.#socket) return
      if (code === 1006 && !this.#isOver) void this.#goOn()
      else this.#finish(code, reason)
    })
  }

  #confirm(text: string): void {
    const [, count] = /^received:(\d+)$/.exec(text) ?? []
    if (count === undefined) return
    let left = Number(count) - this.#confirmed
    this.#confirmed += left
    this.#unconfirmedBytes -= left
    while (left > 0) {
      const [first] = this.#unconfirmed
      if (!first) return
      if (first.length > left) this.#unconfirmed[0] = first.subarray(left)
      else this.#unconfirmed.shift()
      left -= Math.min(left, first.length)
    }
  }

  /** Connects anew, again and again, for as long as the platform waits. */
  async #goOn(): Promise<void> {
    this.#lostAt = Date.now()
    this.#listeners?.lost(true)
    while (!this.#isOver && Date.now() - this.#lostAt < againMs) {
      const socket = await this.#connect()
      if (socket) return this.#resume(socket)
      const reason = await this.#endReason()
      if (reason !== undefined) return this.#finish(1008, reason)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    this.#finish(1006, '')
  }

  /** Resolves once the platform has said how much it has; with nothing where it could not be reached. */
  #connect(): Promise<WebSocket | undefined> {
    const socket = new WebSocket(`${this.#address}?session=${this.#id}&received=${this.#received}`)
    socket.binaryType = 'arraybuffer'
    return new Promise((resolve) => {
      const heard = ({ data }: MessageEvent) => {
        if (typeof data !== 'string') return
        socket.removeEventListener('message', heard)
        this.#confirm(data)
        // From now on: what follows must not be missed.
        this.#socket = socket
        this.#read(socket)
        resolve(socket)
      }
      socket.addEventListener('message', heard)
      socket.addEventListener('close', () => resolve(undefined))
    })
  }

  #resume(socket: WebSocket): void {
    this.#lostAt = undefined
    if (this.#isOver) {
      socket.close(1000)
      return
    }
    for (const bytes of this.#unconfirmed) socket.send(bytes as Uint8Array<ArrayBuffer>)
    this.#listeners?.lost(false)
  }

  /** Why the session is over, if it is: a browser does not tell why a connection was refused. */
  async #endReason(): Promise<string | undefined> {
    try {
      const { endedAt, endReason } = one(await call(getXraySession, { id: this.#id }))
      return endedAt === undefined ? undefined : (endReason ?? 'it has ended')
    } catch {
      return undefined
    }
  }

  #finish(code: number, reason: string): void {
    this.#isOver = true
    this.#lostAt = undefined
    this.#end.resolve({ code, reason })
  }
}
