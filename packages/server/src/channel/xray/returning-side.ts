import type { Side, SideHandlers } from './side.ts'

/** What a session needs of its client. */
export type ClientSide = Pick<
  Side,
  'open' | 'send' | 'sendText' | 'isFull' | 'pause' | 'resume' | 'ping' | 'isGone' | 'close' | 'latencyMs'
>

/** A client that was cut off is waited for so long. */
const patienceMs = 30_000
/** After so many bytes the other end is told how many have come. */
const acknowledgeBytes = 64 * 1024
/** Nothing more is sent while so much is not known to have arrived. */
const fullBytes = 512 * 1024

/**
 * A client that comes back when its connection was cut: what has not arrived is sent again, in both directions, so that the stream
 * goes on as if nothing had happened. Both ends say by the text `received:N` how many bytes they have. Source: docs/contract.md §10.
 */
export class ReturningSide implements ClientSide {
  #side: Side | undefined
  #handlers: SideHandlers | undefined
  readonly #sent = new Unconfirmed()
  #received = 0
  #told = 0
  #isPaused = false
  #isClosed = false
  #lostAt: number | undefined

  constructor(side: Side) {
    this.#side = side
  }

  open(handlers: SideHandlers): void {
    this.#handlers = handlers
    if (this.#side) this.#read(this.#side)
  }

  /** The client is there again, and has so many bytes. @returns whether it can go on from there. */
  comeBack(side: Side, received: number): boolean {
    const missing = this.#isClosed ? undefined : this.#sent.from(received)
    if (!missing) return false
    const before = this.#side
    this.#side = side
    this.#lostAt = undefined
    before?.close(1001, 'the client has another connection')
    this.#tell()
    for (const piece of missing) side.send(piece)
    if (this.#isPaused) side.pause()
    this.#read(side)
    this.#handlers?.drained()
    return true
  }

  get latencyMs(): number | undefined {
    return this.#side?.latencyMs
  }

  get isFull(): boolean {
    return this.#sent.bytes > fullBytes || this.#side?.isFull === true
  }

  send(bytes: Buffer): void {
    this.#sent.add(bytes)
    this.#side?.send(bytes)
  }

  sendText(text: string): void {
    this.#side?.sendText(text)
  }

  pause(): void {
    this.#isPaused = true
    this.#side?.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#side?.resume()
  }

  ping(): void {
    this.#side?.ping()
  }

  isGone(now: number): boolean {
    if (this.#side?.isGone(now)) {
      this.#side.cut()
      this.#lost(this.#side)
    }
    return this.#lostAt !== undefined && now - this.#lostAt > patienceMs
  }

  close(code: number, reason: string): void {
    this.#isClosed = true
    this.#side?.close(code, reason)
  }

  #read(side: Side): void {
    side.open({
      data: (piece) => {
        this.#received += piece.length
        if (this.#received - this.#told >= acknowledgeBytes) this.#tell()
        this.#handlers?.data(piece)
      },
      text: (text) => {
        const [, count] = /^received:(\d{1,15})$/.exec(text) ?? []
        if (count === undefined) return this.#handlers?.text(text)
        this.#sent.confirm(Number(count))
        if (!this.isFull) this.#handlers?.drained()
      },
      drained: () => this.#handlers?.drained(),
      closed: (code, reason) => {
        if (code === 1006) this.#lost(side)
        else if (this.#side === side) this.#handlers?.closed(code, reason)
      },
    })
  }

  #lost(side: Side): void {
    if (this.#side !== side) return
    this.#side = undefined
    this.#lostAt = performance.now()
  }

  #tell(): void {
    this.#told = this.#received
    this.#side?.sendText(`received:${this.#received}`)
  }
}

/** What was sent, and is not known to have arrived. */
class Unconfirmed {
  #pieces: Buffer[] = []
  /** How many bytes of the stream are before these. */
  #confirmed = 0
  bytes = 0

  add(piece: Buffer): void {
    this.#pieces.push(piece)
    this.bytes += piece.length
  }

  /** So many bytes of the stream have arrived. */
  confirm(count: number): void {
    let left = Math.min(count - this.#confirmed, this.bytes)
    if (left <= 0) return
    this.#confirmed += left
    this.bytes -= left
    while (left > 0) {
      const [first = Buffer.alloc(0)] = this.#pieces
      if (first.length > left) this.#pieces[0] = first.subarray(left)
      else this.#pieces.shift()
      left -= Math.min(left, first.length)
    }
  }

  /** What follows so many bytes of the stream; undefined when that is not known any more, or not yet. */
  from(count: number): readonly Buffer[] | undefined {
    if (count < this.#confirmed || count > this.#confirmed + this.bytes) return undefined
    this.confirm(count)
    return this.#pieces
  }
}
