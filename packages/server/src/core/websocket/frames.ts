/** The kinds of frames (RFC 6455 §5.2). */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** What a violation of the protocol is closed with (RFC 6455 §7.4.1). */
export class ProtocolFault extends Error {
  readonly code: number

  constructor(message: string, code = 1002) {
    super(message)
    this.code = code
  }
}

interface FrameHandlers {
  /** A piece of binary data: never more than what arrived at once, however large its frame is. */
  binary(piece: Buffer): void
  text(text: string): void
  control(opcode: number, payload: Buffer): void
}

/** Texts here are words of a few letters. */
const maxTextBytes = 4_096
const maxControlBytes = 125
const longestHeader = 14

/** A frame without its payload; what a client sends has a mask, and this is what a server sends. */
export function frameHeader(opcode: number, length: number): Buffer {
  const first = 0x80 | opcode
  if (length < 126) return Buffer.from([first, length])
  if (length < 2 ** 16) return Buffer.from([first, 126, length >> 8, length & 0xff])
  const header = Buffer.alloc(10)
  header[0] = first
  header[1] = 127
  header.writeBigUInt64BE(BigInt(length), 2)
  return header
}

/**
 * Reads frames as they come. The library `ws` hands out whole messages; here a message may be as long as its sender likes, and
 * nothing of it is kept: each piece goes on at once.
 */
export class FrameReader {
  readonly #handlers: FrameHandlers
  readonly #isMasked: boolean
  #header = Buffer.alloc(0)
  #opcode = 0
  #isLast = true
  /** What the frames of the message that is under way are; none before its first. */
  #message: number | undefined
  #left = 0
  #mask: Buffer | undefined
  #maskOffset = 0
  /** What is kept of a text or a control frame. */
  #kept: Buffer[] = []
  #keptBytes = 0

  /** @param isMasked whether the frames must be masked, as those of clients are (RFC 6455 §5.1). */
  constructor(handlers: FrameHandlers, isMasked: boolean) {
    this.#handlers = handlers
    this.#isMasked = isMasked
  }

  /** @throws ProtocolFault when these bytes are no frames. */
  read(bytes: Buffer): void {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#left === 0) rest = this.#readHeader(rest)
      if (this.#left === 0) continue
      const piece = rest.subarray(0, this.#left)
      rest = rest.subarray(piece.length)
      this.#readPayload(piece)
    }
  }

  /** @returns what follows the header; an empty frame is over with it. */
  #readHeader(bytes: Buffer): Buffer {
    const header = Buffer.concat([this.#header, bytes.subarray(0, longestHeader - this.#header.length)])
    const length = headerLength(header)
    if (length === undefined || header.length < length) {
      this.#header = header
      return bytes.subarray(bytes.length)
    }
    const rest = bytes.subarray(length - this.#header.length)
    this.#header = Buffer.alloc(0)
    this.#begin(header.subarray(0, length))
    return rest
  }

  #begin(header: Buffer): void {
    const [first = 0, second = 0] = header
    const opcode = first & 0x0f
    this.#isLast = (first & 0x80) !== 0
    if ((first & 0x70) !== 0) throw new ProtocolFault('an extension was not agreed upon')
    const isMasked = (second & 0x80) !== 0
    if (isMasked !== this.#isMasked) throw new ProtocolFault('frames of a client, and no others, are masked')
    this.#left = payloadLength(header)
    this.#mask = this.#isMasked ? header.subarray(-4) : undefined
    this.#maskOffset = 0
    this.#opcode = this.#kindOf(opcode)
    if (this.#left === 0) this.#end()
  }

  /** What the payload of this frame is. */
  #kindOf(opcode: number): number {
    if (opcode >= opcodes.close) {
      if (opcode > opcodes.pong) throw new ProtocolFault(`there is no frame ${opcode}`)
      if (!this.#isLast || this.#left > maxControlBytes)
        throw new ProtocolFault('a control frame is whole and has at most 125 bytes')
      return opcode
    }
    if (opcode === opcodes.continuation) {
      if (this.#message === undefined) throw new ProtocolFault('there is nothing to continue')
      return this.#message
    }
    if (opcode > opcodes.binary) throw new ProtocolFault(`there is no frame ${opcode}`)
    if (this.#message !== undefined) throw new ProtocolFault('the message before is not over')
    this.#message = opcode
    return opcode
  }

  #readPayload(piece: Buffer): void {
    this.#left -= piece.length
    if (this.#mask) unmask(piece, this.#mask, this.#maskOffset)
    this.#maskOffset += piece.length
    if (this.#opcode === opcodes.binary) this.#handlers.binary(piece)
    else this.#keep(piece)
    if (this.#left === 0) this.#end()
  }

  #keep(piece: Buffer): void {
    this.#keptBytes += piece.length
    if (this.#keptBytes > maxTextBytes) throw new ProtocolFault('a text has at most 4 KiB', 1009)
    this.#kept.push(Buffer.from(piece))
  }

  /** A frame is over, and with its last one a message. */
  #end(): void {
    const isControl = this.#opcode >= opcodes.close
    if (!isControl && !this.#isLast) return
    const isText = this.#opcode === opcodes.text
    if (!isControl) this.#message = undefined
    if (!isControl && !isText) return
    const payload = Buffer.concat(this.#kept)
    this.#kept = []
    this.#keptBytes = 0
    if (isText) this.#handlers.text(payload.toString())
    else this.#handlers.control(this.#opcode, payload)
  }
}

/** How long the header is that begins here; undefined before that can be known. */
function headerLength(header: Buffer): number | undefined {
  const second = header[1]
  if (second === undefined) return undefined
  const size = second & 0x7f
  const sizeBytes = { 126: 2, 127: 8 }[size] ?? 0
  return 2 + sizeBytes + ((second & 0x80) === 0 ? 0 : 4)
}

function payloadLength(header: Buffer): number {
  const size = (header[1] ?? 0) & 0x7f
  if (size < 126) return size
  if (size === 126) return header.readUInt16BE(2)
  const length = header.readBigUInt64BE(2)
  if (length > BigInt(Number.MAX_SAFE_INTEGER)) throw new ProtocolFault('the frame is too large', 1009)
  return Number(length)
}

/** In place, four bytes at a time where they lie even (RFC 6455 §5.3). */
function unmask(piece: Buffer, mask: Buffer, offset: number): void {
  let index = 0
  const maskByte = () => mask[(offset + index) & 3] ?? 0
  const evenAt = Math.min(piece.length, (4 - (piece.byteOffset & 3)) & 3)
  for (; index < evenAt; index++) piece[index] = (piece[index] ?? 0) ^ maskByte()
  if (piece.length - index >= 4) {
    const words = new Uint32Array(piece.buffer, piece.byteOffset + index, (piece.length - index) >> 2)
    const word = new Uint32Array(Uint8Array.from([0, 1, 2, 3], (step) => mask[(offset + index + step) & 3] ?? 0).buffer)
    const key = word[0] ?? 0
    for (let position = 0; position < words.length; position++) words[position] = (words[position] ?? 0) ^ key
    index += words.length * 4
  }
  for (; index < piece.length; index++) piece[index] = (piece[index] ?? 0) ^ maskByte()
}
