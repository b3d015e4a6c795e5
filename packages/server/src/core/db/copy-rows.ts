import { dayMs } from '@mason/contract/time'
/**
 * Rows as `COPY … FROM STDIN (FORMAT binary)` reads them: the quickest way in, for PostgreSQL has no text to read. Fields are
 * written one after the other, in the order of the columns.
 */
export class CopyRows {
  #buffer = Buffer.allocUnsafeSlow(1 << 16)
  #view = new DataView(this.#buffer.buffer)
  #length = signature.copy(this.#buffer)

  /** Begins a row of so many fields. */
  row(fields: number): void {
    this.#reserve(2)
    this.#view.setInt16(this.#length, fields)
    this.#length += 2
  }

  /** What is sent as it is, such as the bytes of a UUID. */
  bytes(bytes: Buffer): void {
    this.#begin(bytes.length)
    this.#length += bytes.copy(this.#buffer, this.#length)
  }

  text(text: string): void {
    this.#begin(3 * text.length)
    const bytes = this.#buffer.write(text, this.#length, 'utf8')
    this.#view.setInt32(this.#length - 4, bytes)
    this.#length += bytes
  }

  bigint(integer: number): void {
    this.#begin(8)
    this.#view.setBigInt64(this.#length, BigInt(integer))
    this.#length += 8
  }

  /** @param ms milliseconds since 1970. */
  timestamp(ms: number): void {
    this.#begin(8)
    this.#view.setBigInt64(this.#length, BigInt(ms - epoch) * 1000n)
    this.#length += 8
  }

  /** @param day days since 1970. */
  date(day: number): void {
    this.#begin(4)
    this.#view.setInt32(this.#length, day - epoch / dayMs)
    this.#length += 4
  }

  /** What is sent. */
  end(): Buffer {
    this.row(-1)
    return this.#buffer.subarray(0, this.#length)
  }

  /** Writes how long the field is. */
  #begin(bytes: number): void {
    this.#reserve(4 + bytes)
    this.#view.setInt32(this.#length, bytes)
    this.#length += 4
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(2 * this.#buffer.length + bytes)
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
    this.#view = new DataView(larger.buffer)
  }
}

/** Without flags, and nothing more in the head. */
const signature = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')

/** PostgreSQL counts from 2000. */
const epoch = Date.UTC(2000)
