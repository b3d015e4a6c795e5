import type { Socket } from 'node:net'
import { Duplex, Transform, type TransformCallback } from 'node:stream'

/** No binary message is longer than this; longer ones come in pieces. Its length has two bytes. */
export const longestMessage = 65_535
const opcodes = { continuation: 0, binary: 2 } as const
const [isFinal, isMasked] = [0x80, 0x80]

interface Frame {
  /** What of the frame is a stream of bytes, and not a message of the protocol. */
  isBinary: boolean
  /** The header, as it came. */
  header: Buffer
  mask: Buffer | undefined
  length: number
}

/**
 * Makes short messages of long ones, so that nobody has to gather them: each frame of a binary message, and each piece of a long
 * frame, becomes a message. All other frames stay as they are. Source: RFC 6455 §5.2.
 */
class ShortMessages extends Transform {
  #waiting: Buffer = Buffer.alloc(0)
  #frame: Frame | undefined
  #done = 0
  #isInBinary = false

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#waiting = this.#waiting.length === 0 ? chunk : Buffer.concat([this.#waiting, chunk])
    while (this.#takeFrame());
    callback()
  }

  /** @returns whether a frame came to its end, and more may follow. */
  #takeFrame(): boolean {
    this.#frame ??= this.#begin()
    return this.#frame !== undefined && this.#carry(this.#frame)
  }

  /** Reads the header of the next frame, once it is there. */
  #begin(): Frame | undefined {
    const frame = readHeader(this.#waiting)
    if (!frame) return undefined
    this.#waiting = this.#waiting.subarray(frame.header.length)
    this.#done = 0
    const [first = 0] = frame.header
    const opcode = first & 0x0f
    frame.isBinary = opcode === opcodes.binary || (opcode === opcodes.continuation && this.#isInBinary)
    if (frame.isBinary) this.#isInBinary = (first & isFinal) === 0
    if (!frame.isBinary) this.push(frame.header)
    return frame
  }

  /** Hands on what has come of a frame. @returns whether that is all of it, and more may follow. */
  #carry(frame: Frame): boolean {
    do {
      const piece = this.#waiting.subarray(0, Math.min(longestMessage, frame.length - this.#done))
      if (piece.length === 0 && frame.length > 0) return false
      this.#waiting = this.#waiting.subarray(piece.length)
      if (frame.isBinary) this.push(headerOf(frame, piece.length, this.#done))
      if (piece.length > 0) this.push(piece)
      this.#done += piece.length
    } while (this.#done < frame.length)
    this.#frame = undefined
    return this.#waiting.length > 0
  }
}

/** What the length in the second byte of a header can stand for: so many bytes that follow have it. */
const lengthSizes: Readonly<Record<number, number>> = { 126: 2, 127: 8 }

/** @returns undefined when more must come. */
function readHeader(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined
  const short = (bytes[1] ?? 0) & 0x7f
  const lengthBytes = lengthSizes[short] ?? 0
  const maskAt = 2 + lengthBytes
  const hasMask = ((bytes[1] ?? 0) & isMasked) !== 0
  const end = maskAt + (hasMask ? 4 : 0)
  if (bytes.length < end) return undefined
  const long = lengthBytes === 8 ? Number(bytes.readBigUInt64BE(2)) : short
  return {
    isBinary: false,
    header: bytes.subarray(0, end),
    mask: hasMask ? bytes.subarray(maskAt, end) : undefined,
    length: lengthBytes === 2 ? bytes.readUInt16BE(2) : long,
  }
}

/** The header of a message that is a piece of a frame: its mask goes on where the piece before has ended. */
function headerOf({ header, mask }: Frame, length: number, offset: number): Buffer {
  const reserved = (header[0] ?? 0) & 0x70
  const long = Buffer.alloc(2)
  long.writeUInt16BE(length)
  const isShort = length < 126
  const start = Buffer.from([
    isFinal | reserved | opcodes.binary,
    (mask ? isMasked : 0) | (isShort ? length : 126),
    ...(isShort ? [] : long),
  ])
  const shift = offset % 4
  return mask ? Buffer.concat([start, mask.subarray(shift), mask.subarray(0, shift)]) : start
}

/** A socket whose long messages arrive as short ones. It is read no faster than its reader takes them. */
export function withShortMessages(socket: Socket): Duplex {
  // What ws does for a socket that it gets itself.
  socket.setTimeout(0).setNoDelay()
  const incoming = socket.pipe(new ShortMessages())
  const duplex = new Duplex({
    read: () => void incoming.resume(),
    write: (chunk, _encoding, done) => void socket.write(chunk, done),
    writev: (chunks, done) => {
      // The header of a frame and its content are written apart, and leave together.
      socket.cork()
      for (const [index, { chunk }] of chunks.entries())
        socket.write(chunk, index === chunks.length - 1 ? done : undefined)
      socket.uncork()
    },
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  incoming.pause()
  incoming.on('data', (piece: Buffer) => {
    if (!duplex.push(piece)) incoming.pause()
  })
  incoming.once('end', () => duplex.push(null))
  socket.once('close', () => duplex.destroy())
  return duplex
}
