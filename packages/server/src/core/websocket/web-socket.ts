import type { Duplex } from 'node:stream'
import { FrameReader, frameHeader, opcodes, ProtocolFault } from './frames.ts'

/** What is done with what arrives. */
export interface WebSocketHandlers {
  data(piece: Buffer): void
  text(text: string): void
  /** What was written has left: it takes more. */
  drained(): void
  /** The other side is gone, or will be in a moment. Called once. @param code 1006 where it said nothing (RFC 6455 §7.4.1). */
  closed(code: number, reason: string): void
}

/** More than this is not written before the other side has taken some. */
const fullBytes = 256 * 1024
/** For the other side to answer a close. */
const farewellMs = 2_000
/** In bytes: a control frame has 125. */
const longestReason = 123
/** A side that has said nothing for so long, though it was asked, is gone. */
const silentMs = 25_000
/** A side that takes nothing of what waits for it, for so long, is gone. A slow one takes some. */
const stalledMs = 5 * 60_000

/** A WebSocket after its handshake (RFC 6455), whose data are a stream of bytes. It holds back whoever is faster than the other side. */
export class WebSocket {
  readonly #socket: Duplex
  readonly #reader: FrameReader
  #handlers: WebSocketHandlers | undefined
  #isClosing = false
  #isClosed = false
  #isPaused = false
  #heardAt = performance.now()
  #movedAt = this.#heardAt
  #written = 0
  #queuedAtLastLook = 0
  #pingedAt: number | undefined
  /** Milliseconds to the other side and back. */
  latencyMs: number | undefined

  /** @param isMasked whether what arrives must be masked: it comes from a client, and not from another node. */
  constructor(socket: Duplex, isMasked: boolean) {
    this.#socket = socket
    this.#reader = new FrameReader(
      {
        binary: (piece) => this.#isClosed || this.#handlers?.data(piece),
        text: (text) => this.#isClosed || this.#handlers?.text(text),
        control: (opcode, payload) => this.#control(opcode, payload),
      },
      isMasked,
    )
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#ended(1006, ''))
    socket.once('end', () => socket.destroy())
    socket.on('drain', () => this.#handlers?.drained())
  }

  /** Begins to read, or hands what arrives from now on to others. @param head what arrived behind the handshake. */
  open(handlers: WebSocketHandlers, head?: Buffer): void {
    const isReading = this.#handlers !== undefined
    this.#handlers = handlers
    if (isReading) return
    if (this.#socket.destroyed) {
      this.#ended(1006, '')
      return
    }
    if (head && head.length > 0) this.#read(head)
    this.#socket.on('data', (bytes: Buffer) => this.#read(bytes))
    if (this.#isPaused) this.#socket.pause()
  }

  /** Whether so much waits to leave that nothing more should be sent. */
  get isFull(): boolean {
    return this.#socket.writableLength > fullBytes
  }

  /** @param piece must not change any more. */
  send(piece: Buffer): void {
    this.#write(opcodes.binary, piece)
  }

  sendText(text: string): void {
    this.#write(opcodes.text, Buffer.from(text))
  }

  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#heardAt = performance.now()
    this.#socket.resume()
  }

  /** Asks the other side for a sign of life. */
  ping(): void {
    this.#pingedAt ??= performance.now()
    this.#write(opcodes.ping, Buffer.alloc(0))
  }

  /** Whether the other side has gone without a word: it neither says nor takes anything. */
  isGone(now: number): boolean {
    const left = this.#written - this.#socket.writableLength
    if (left !== this.#queuedAtLastLook || this.#socket.writableLength === 0) this.#movedAt = now
    this.#queuedAtLastLook = left
    if (now - this.#movedAt > stalledMs) return true
    // While it is held back, or has not been asked yet, it cannot say anything.
    return !this.#isPaused && this.#socket.writableLength === 0 && now - this.#heardAt > silentMs
  }

  /** Says goodbye, and no more. */
  close(code: number, reason: string): void {
    if (this.#isClosing) return
    const text = Buffer.from(reason).subarray(0, longestReason)
    const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), text])
    this.#write(opcodes.close, payload)
    this.#isClosing = true
    this.resume()
    setTimeout(() => this.#socket.destroy(), farewellMs).unref()
    this.#ended(code, reason)
  }

  #read(bytes: Buffer): void {
    this.#heardAt = performance.now()
    try {
      this.#reader.read(bytes)
    } catch (error) {
      if (!(error instanceof ProtocolFault)) throw error
      this.close(error.code, error.message)
      this.#socket.end()
    }
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) this.#write(opcodes.pong, payload)
    if (opcode === opcodes.pong && this.#pingedAt !== undefined) {
      this.latencyMs = Math.round(performance.now() - this.#pingedAt)
      this.#pingedAt = undefined
    }
    if (opcode !== opcodes.close) return
    // RFC 6455 §5.5.1: a close is answered with a close, and then the server hangs up.
    this.#write(opcodes.close, payload.subarray(0, 2))
    this.#isClosing = true
    this.#socket.end()
    setTimeout(() => this.#socket.destroy(), farewellMs).unref()
    this.#ended(payload.length < 2 ? 1005 : payload.readUInt16BE(), payload.subarray(2).toString())
  }

  #write(opcode: number, payload: Buffer): void {
    if (this.#isClosing || !this.#socket.writable) return
    const header = frameHeader(opcode, payload.length)
    this.#written += header.length + payload.length
    this.#socket.cork()
    this.#socket.write(header)
    if (payload.length > 0) this.#socket.write(payload)
    this.#socket.uncork()
  }

  #ended(code: number, reason: string): void {
    if (this.#isClosed || !this.#handlers) return
    this.#isClosed = true
    this.#handlers.closed(code, reason)
  }
}
