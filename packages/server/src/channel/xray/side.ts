import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { Upgraded } from '../../core/connection/route-upgrade.ts'

/** What is done with what arrives. */
export interface SideHandlers {
  data(piece: Buffer): void
  text(text: string): void
  /** Much of what was sent has left: it takes more. */
  drained(): void
  /** The other end is gone, or will be in a moment. Called once. @param code 1006 where it said nothing (RFC 6455 §7.4.1). */
  closed(code: number, reason: string): void
}

/** More than this is not sent before the other end has taken some. */
const fullBytes = 256 * 1024
/** For the other end to answer a close. */
const farewellMs = 2_000
/** In bytes: a control frame has 125. */
const longestReason = 123
/** An end that has said nothing for so many pulses, though it was asked, is gone. By time, a stall of this process would end sessions. */
const silentPulses = 4
/** An end that takes nothing of what waits for it, for so long, is gone. A slow one takes some. */
const stalledMs = 5 * 60_000

/** One side of a session: a WebSocket that carries a stream of bytes, and holds back whoever is faster than its other end. */
export class Side {
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  #handlers: SideHandlers | undefined
  #isClosed = false
  #isPaused = false
  #read: number
  #silent = 0
  #movedAt = performance.now()
  #pingedAt: number | undefined
  /** Milliseconds to the other end and back. */
  latencyMs: number | undefined

  /** @param webSocket is paused until this is opened. @param socket the connection below it. */
  constructor({ webSocket, socket }: Upgraded) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.#read = socket.bytesRead
    // A violation of the protocol closes it by itself; the farewell bounds that.
    webSocket.on('error', () => this.#leave())
    webSocket.on('close', (code, reason) => this.#ended(code, reason.toString()))
    webSocket.on('message', (data: Buffer, isBinary) => {
      if (this.#isClosed) return
      if (isBinary) this.#handlers?.data(data)
      else this.#handlers?.text(data.toString())
    })
    webSocket.on('pong', () => {
      if (this.#pingedAt === undefined) return
      this.latencyMs = Math.round(performance.now() - this.#pingedAt)
      this.#pingedAt = undefined
    })
  }

  /** Begins to read, or hands what arrives from now on to others. */
  open(handlers: SideHandlers): void {
    const isFirst = this.#handlers === undefined
    this.#handlers = handlers
    if (this.#webSocket.readyState === WebSocket.CLOSED) this.#ended(1006, '')
    else if (isFirst && !this.#isPaused) this.#webSocket.resume()
  }

  /** Whether so much waits to leave that nothing more should be sent. */
  get isFull(): boolean {
    return this.#webSocket.bufferedAmount > fullBytes
  }

  /** @param bytes must not change any more. */
  send(bytes: Buffer): void {
    this.#send(bytes)
  }

  sendText(text: string): void {
    this.#send(text)
  }

  pause(): void {
    this.#isPaused = true
    this.#webSocket.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#silent = 0
    if (this.#handlers) this.#webSocket.resume()
  }

  /** Asks the other end for a sign of life. */
  ping(): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return
    this.#pingedAt ??= performance.now()
    this.#webSocket.ping('', undefined, this.#left)
  }

  /** Whether the other end has gone without a word: it neither says nor takes anything. Asked once in a pulse. */
  isGone(now: number): boolean {
    this.#silent = this.#socket.bytesRead === this.#read ? this.#silent + 1 : 0
    this.#read = this.#socket.bytesRead
    if (this.#webSocket.bufferedAmount > 0) return now - this.#movedAt > stalledMs
    // While it is held back it cannot say anything.
    return !this.#isPaused && this.#silent >= silentPulses
  }

  /** Hangs up without a word. */
  cut(): void {
    this.#webSocket.terminate()
  }

  /** Says goodbye, and no more. */
  close(code: number, reason: string): void {
    if (this.#isClosed) return
    this.#webSocket.close(code, Buffer.from(reason).subarray(0, longestReason))
    this.#leave()
    this.#ended(code, reason)
  }

  #send(data: Buffer | string): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return
    if (this.#webSocket.bufferedAmount === 0) this.#movedAt = performance.now()
    this.#webSocket.send(data, this.#left)
  }

  /** Something of what was sent has left. */
  readonly #left = () => {
    this.#movedAt = performance.now()
    if (!this.isFull) this.#handlers?.drained()
  }

  /** What still arrives must be read, so that the answer to a close is. */
  #leave(): void {
    this.#webSocket.resume()
    setTimeout(() => this.#webSocket.terminate(), farewellMs).unref()
  }

  #ended(code: number, reason: string): void {
    if (this.#isClosed || !this.#handlers) return
    this.#isClosed = true
    this.#handlers.closed(code, reason)
  }
}
