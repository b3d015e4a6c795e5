/** What stands before the first row of PostgreSQL's binary form, and before each: the number of its columns, and the length of the first. */
const [fileHead, rowHead] = [19, 6]
const lineFeed = 10

/**
 * The texts of `COPY … TO STDOUT (FORMAT binary)` of one column, each with a line feed behind it. Pieces may be cut anywhere. In
 * this form PostgreSQL looks at no character of them (measured 8 µs of its CPU for a device against 14 as CSV).
 */
export class DocumentLines {
  /** How many have ended. */
  count = 0
  /** Bytes that are still to come: of the head under way, and of the text behind it. */
  #ofHead = fileHead + rowHead
  #ofText = 0
  /** The last four bytes of the head. */
  #length = 0

  /** Moves the texts of a piece to its beginning. */
  read(piece: Buffer): Buffer {
    let to = 0
    for (let from = 0; from < piece.length; ) {
      if (this.#ofText === 0) {
        // The place of a line feed is that of the first byte of what follows: another head, or the end.
        const isBehindText = this.#ofHead === rowHead && this.count > 0
        this.#readHead(piece[from++] ?? 0)
        if (isBehindText) piece[to++] = lineFeed
        continue
      }
      const end = Math.min(from + this.#ofText, piece.length)
      piece.copyWithin(to, from, end)
      this.#ofText -= end - from
      to += end - from
      from = end
      if (this.#ofText === 0) this.count++
    }
    return piece.subarray(0, to)
  }

  #readHead(byte: number): void {
    this.#length = (this.#length << 8) | byte
    if (--this.#ofHead > 0) return
    this.#ofText = this.#length
    this.#ofHead = rowHead
  }
}
