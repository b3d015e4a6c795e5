/** The commands of ADB messages, as their four letters in little-endian order. Source: AOSP, packages/modules/adb/protocol.txt. */
export const commands = {
  connect: 0x4e584e43,
  auth: 0x48545541,
  open: 0x4e45504f,
  okay: 0x59414b4f,
  write: 0x45545257,
  close: 0x45534c43,
} as const

/** A message of the ADB protocol. */
export interface Message {
  command: number
  arg0: number
  arg1: number
  payload: Buffer
}

const headerBytes = 24
/** As much as a message may carry, in either direction. */
export const maxPayload = 2 ** 20

/** The version from which nobody computes checksums. */
export const versionWithoutChecksum = 0x01000001
export const firstVersion = 0x01000000

/** @param hasChecksum whether the other side may compare the sum of the payload's bytes. */
export function encodeMessage({ command, arg0, arg1, payload }: Message, hasChecksum: boolean): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + payload.length)
  bytes.writeUInt32LE(command, 0)
  bytes.writeUInt32LE(arg0 >>> 0, 4)
  bytes.writeUInt32LE(arg1 >>> 0, 8)
  bytes.writeUInt32LE(payload.length, 12)
  bytes.writeUInt32LE(hasChecksum ? sum(payload) : 0, 16)
  bytes.writeUInt32LE((command ^ 0xffffffff) >>> 0, 20)
  payload.copy(bytes, headerBytes)
  return bytes
}

function sum(bytes: Buffer): number {
  let total = 0
  for (const byte of bytes) total += byte
  return total >>> 0
}

/** Cuts a stream of bytes into messages. */
export class MessageReader {
  #kept: Buffer[] = []
  #keptBytes = 0
  #wanted = headerBytes

  /** @throws Error when these bytes are no ADB messages. */
  read(bytes: Buffer): Message[] {
    this.#kept.push(bytes)
    this.#keptBytes += bytes.length
    const messages: Message[] = []
    while (this.#keptBytes >= this.#wanted) {
      const all = this.#kept.length === 1 && this.#kept[0] ? this.#kept[0] : Buffer.concat(this.#kept)
      this.#kept = [all]
      const length = payloadLength(all)
      this.#wanted = headerBytes + length
      if (all.length < this.#wanted) break
      messages.push({
        command: all.readUInt32LE(0),
        arg0: all.readUInt32LE(4),
        arg1: all.readUInt32LE(8),
        payload: all.subarray(headerBytes, this.#wanted),
      })
      const rest = all.subarray(this.#wanted)
      this.#kept = rest.length > 0 ? [rest] : []
      this.#keptBytes = rest.length
      this.#wanted = headerBytes
    }
    return messages
  }
}

function payloadLength(header: Buffer): number {
  const command = header.readUInt32LE(0)
  const length = header.readUInt32LE(12)
  if (header.readUInt32LE(20) !== (command ^ 0xffffffff) >>> 0) throw new Error('this is not the ADB protocol')
  if (length > maxPayload) throw new Error(`an ADB message of ${length} bytes is too large`)
  return length
}
