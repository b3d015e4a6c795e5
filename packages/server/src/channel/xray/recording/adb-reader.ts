/** The commands of ADB messages, as their four letters in little-endian order. Source: AOSP, packages/modules/adb/protocol.txt. */
export const commands = {
  connect: 0x4e584e43,
  startTls: 0x534c5453,
  open: 0x4e45504f,
  okay: 0x59414b4f,
  write: 0x45545257,
  close: 0x45534c43,
} as const

/** A message of the ADB protocol, without what it carries. */
export interface AdbMessage {
  command: number
  arg0: number
  arg1: number
}

/** Is handed each message in pieces, as they come; one that carries nothing is one empty piece. */
type Take = (message: AdbMessage, piece: Buffer, isLast: boolean) => void

const headerBytes = 24
const nothing = Buffer.alloc(0)

/**
 * Follows one direction of an ADB connection, and keeps nothing of what messages carry. After bytes that are no message it finds the
 * next header, which bears a check of itself: a client may hang up in the midst of a message and connect anew.
 */
export class AdbReader {
  readonly #take: Take
  #kept: Buffer = nothing
  #message: AdbMessage | undefined
  #left = 0

  constructor(take: Take) {
    this.#take = take
  }

  read(bytes: Buffer): void {
    let rest = bytes
    while (rest.length > 0) {
      if (!this.#message) rest = this.#readHeader(rest)
      if (!this.#message) continue
      const piece = rest.subarray(0, this.#left)
      rest = rest.subarray(piece.length)
      this.#left -= piece.length
      this.#hand(this.#message, piece)
    }
  }

  /** The connection is made anew: the message under way may never end. */
  reset(): void {
    this.#message = undefined
    this.#kept = nothing
  }

  /** @returns what follows the header. */
  #readHeader(bytes: Buffer): Buffer {
    const all = this.#kept.length > 0 ? Buffer.concat([this.#kept, bytes]) : bytes
    for (let at = 0; at + headerBytes <= all.length; at++) {
      const command = all.readUInt32LE(at)
      if (all.readUInt32LE(at + 20) !== (command ^ 0xffffffff) >>> 0) continue
      this.#kept = nothing
      this.#message = { command, arg0: all.readUInt32LE(at + 4), arg1: all.readUInt32LE(at + 8) }
      this.#left = all.readUInt32LE(at + 12)
      if (this.#left === 0) this.#hand(this.#message, nothing)
      return all.subarray(at + headerBytes)
    }
    this.#kept = Buffer.from(all.subarray(Math.max(0, all.length - headerBytes + 1)))
    return nothing
  }

  #hand(message: AdbMessage, piece: Buffer): void {
    const isLast = this.#left === 0
    if (isLast) this.#message = undefined
    this.#take(message, piece, isLast)
  }
}
