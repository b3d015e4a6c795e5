import { isUtf8 } from 'node:buffer'

/** A row as it stands in the body, without its line end. Its line is the one on which it begins, counted from 1. */
export interface Cut {
  line: number
  /** Undefined where the row is too long or not UTF-8. */
  text: string | undefined
  fault?: string
}

/** How rows are parted. Without a separator, as in NDJSON, quotes mean nothing. */
export interface Dialect {
  newline: number
  separators: readonly number[]
}

/** Longer rows are no longer kept; where they end is still found. */
const maxRowBytes = 2 ** 20

export const [lineFeed, carriageReturn] = [10, 13]
const quote = 34

/** Where a byte stands: at the start of a cell, in one without quotes, in quotes, or after a quote that may have closed them. */
type State = 'start' | 'plain' | 'quoted' | 'closed'

function after(state: State, byte: number, separators: readonly number[]): State {
  if (state === 'quoted') return byte === quote ? 'closed' : 'quoted'
  if (byte === quote && state !== 'plain') return 'quoted'
  if (separators.includes(byte)) return 'start'
  return byte === carriageReturn && state === 'closed' ? 'closed' : 'plain'
}

/** The place of the first of some line ends that stands in no quotes; -1 where there is none. */
export function endOfRow(bytes: Buffer, start: number, separators: readonly number[], ends: readonly number[]): number {
  let state: State = 'start'
  for (let index = start; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    if (state !== 'quoted' && ends.includes(byte)) return index
    state = after(state, byte, separators)
  }
  return -1
}

/**
 * Cuts a body into rows as it arrives, in whatever pieces: quotes come before lines (RFC 4180), so what looks like a line in
 * a quoted cell is none. Holds one row at most.
 */
export class RowCutter {
  readonly #newline: number
  readonly #separators: readonly number[]
  #state: State = 'start'
  /** The line on which the row begins, and the one that is read. */
  #begin: number
  #line: number
  #rest: Buffer[] = []
  #restBytes = 0

  constructor({ newline, separators }: Dialect, line = 1) {
    this.#newline = newline
    this.#separators = separators
    this.#begin = line
    this.#line = line
  }

  cut(piece: Buffer): Cut[] {
    const mayQuote = this.#separators.length > 0
    if (mayQuote && (this.#state === 'quoted' || piece.includes(quote))) return this.#cutByByte(piece)
    return this.#cutByLine(piece)
  }

  /** What stands after the last line end. */
  end(): Cut[] {
    if (this.#restBytes === 0) return []
    const isOpen = this.#state === 'quoted'
    const cut = this.#take()
    return [isOpen ? { line: cut.line, text: undefined, fault: 'has a quote that is not closed' } : cut]
  }

  /** Nothing here is in quotes: every line end is the end of a row. */
  #cutByLine(piece: Buffer): Cut[] {
    const [first, last] = [piece.indexOf(this.#newline), piece.lastIndexOf(this.#newline)]
    if (first === -1) {
      this.#keep(piece)
      if (piece.length > 0) this.#state = this.#stateAfter(piece)
      return []
    }
    this.#keep(piece.subarray(0, first))
    const cuts = [this.#take()]
    if (last > first) this.#takeLines(piece.subarray(first + 1, last), cuts)
    const rest = piece.subarray(last + 1)
    this.#keep(rest)
    this.#state = rest.length === 0 ? 'start' : this.#stateAfter(rest)
    return cuts
  }

  #stateAfter(bytes: Buffer): State {
    return this.#separators.includes(bytes.at(-1) ?? 0) ? 'start' : 'plain'
  }

  #takeLines(bytes: Buffer, cuts: Cut[]): void {
    if (!isUtf8(bytes)) {
      for (let start = 0; start <= bytes.length; ) {
        const found = bytes.indexOf(this.#newline, start)
        const end = found === -1 ? bytes.length : found
        this.#keep(bytes.subarray(start, end))
        cuts.push(this.#take())
        start = end + 1
      }
      return
    }
    for (const text of bytes.toString('utf8').split(String.fromCharCode(this.#newline)))
      cuts.push({ line: this.#line++, text })
    this.#begin = this.#line
  }

  #cutByByte(piece: Buffer): Cut[] {
    const cuts: Cut[] = []
    let start = 0
    for (let index = 0; index < piece.length; index++) {
      const byte = piece[index] ?? 0
      if (byte === this.#newline && this.#state !== 'quoted') {
        this.#keep(piece.subarray(start, index))
        cuts.push(this.#take())
        this.#state = 'start'
        start = index + 1
      } else {
        if (byte === this.#newline) this.#line++
        this.#state = after(this.#state, byte, this.#separators)
      }
    }
    this.#keep(piece.subarray(start))
    return cuts
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return
    // A copy: the piece that it is part of may be large.
    if (this.#restBytes <= maxRowBytes) this.#rest.push(Buffer.from(bytes.subarray(0, maxRowBytes + 1)))
    this.#restBytes += bytes.length
  }

  #take(): Cut {
    const cut = { line: this.#begin, ...this.#read() }
    this.#begin = ++this.#line
    this.#rest = []
    this.#restBytes = 0
    return cut
  }

  #read(): Omit<Cut, 'line'> {
    if (this.#restBytes > maxRowBytes) return { text: undefined, fault: `is longer than ${maxRowBytes} bytes` }
    const [only, other] = this.#rest
    const bytes = only && !other ? only : Buffer.concat(this.#rest)
    if (isUtf8(bytes)) return { text: bytes.toString('utf8') }
    return {
      text: undefined,
      fault: 'is not valid UTF-8; of a file in Windows-1252, say so: Content-Type: text/csv; charset=windows-1252',
    }
  }
}
