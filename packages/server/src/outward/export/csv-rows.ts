/** PostgreSQL ends rows with a line feed; RFC 4180 wants a carriage return before it. Rows may be cut up anywhere. */
export class CsvRows {
  /** How many have ended. */
  count = 0
  #isQuoted = false

  read(piece: Buffer): Buffer {
    // Every other part stands in quotes; a quote that is written twice leaves an empty part.
    const parts = piece.toString('latin1').split('"')
    const text = parts
      .map((part, index) => (this.#isQuoted === (index % 2 === 0) ? part : part.replaceAll('\n', '\r\n')))
      .join('"')
    this.count += text.length - piece.length
    if (parts.length % 2 === 0) this.#isQuoted = !this.#isQuoted
    return Buffer.from(text, 'latin1')
  }
}
