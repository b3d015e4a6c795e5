import { Duplex } from 'node:stream'

interface Wire {
  /** Sends a piece, no larger than the other side takes; it is answered by an OKAY. */
  write(piece: Buffer): void
  okay(): void
  close(): void
  maxBytes(): number
}

/** A stream of an ADB connection. One piece is under way in each direction, until the other side has taken it. */
export class AdbStream extends Duplex {
  readonly #wire: Wire
  #rest: Buffer = Buffer.alloc(0)
  #done: ((error?: Error | null) => void) | undefined
  #owesOkay = false
  /** Whether the other side has closed the stream: nothing that is written arrives any more. */
  isLeft = false
  #isClosed = false

  constructor(wire: Wire) {
    super({ readableHighWaterMark: 2 ** 18, writableHighWaterMark: 2 ** 18, allowHalfOpen: true })
    this.#wire = wire
    this.on('error', () => {})
  }

  /** A piece has come; it is acknowledged once there is room for the next. */
  received(piece: Buffer): void {
    if (this.isLeft || this.readableEnded || this.push(piece)) this.#wire.okay()
    else this.#owesOkay = true
  }

  /** The other side has taken the piece. */
  taken(): void {
    this.#sendNext()
  }

  /** The other side has closed the stream: what it has sent is still read. */
  left(): void {
    this.isLeft = true
    this.#isClosed = true
    this.push(null)
    this.#finish()
    this.emit('left')
  }

  override _read(): void {
    if (!this.#owesOkay) return
    this.#owesOkay = false
    if (!this.isLeft) this.#wire.okay()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.isLeft) {
      done()
      return
    }
    this.#rest = chunk
    this.#done = done
    this.#sendNext()
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#close()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#close()
    done(error)
  }

  #sendNext(): void {
    if (!this.#done) return
    if (this.#rest.length === 0) {
      this.#finish()
      return
    }
    const piece = this.#rest.subarray(0, this.#wire.maxBytes())
    this.#rest = this.#rest.subarray(piece.length)
    this.#wire.write(piece)
  }

  #finish(): void {
    const done = this.#done
    this.#done = undefined
    this.#rest = Buffer.alloc(0)
    done?.()
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#wire.close()
  }
}
