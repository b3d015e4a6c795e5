/** The kinds of packets of shell protocol 2. Source: AOSP, packages/modules/adb/shell_protocol.h. */
export const packets = { stdout: 1, stderr: 2, windowSize: 5 } as const

const headerBytes = 5

/** Follows one direction of a shell that speaks shell protocol 2, and hands out what packets carry as it comes. */
export class ShellReader {
  readonly #take: (kind: number, piece: Buffer) => void
  #header = Buffer.alloc(0)
  #left = 0

  constructor(take: (kind: number, piece: Buffer) => void) {
    this.#take = take
  }

  read(bytes: Buffer): void {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#left === 0) {
        const missing = headerBytes - this.#header.length
        this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)])
        rest = rest.subarray(missing)
        if (this.#header.length < headerBytes) return
        this.#left = this.#header.readUInt32LE(1)
      }
      const piece = rest.subarray(0, this.#left)
      rest = rest.subarray(piece.length)
      this.#left -= piece.length
      if (piece.length > 0) this.#take(this.#header[0] ?? 0, piece)
      if (this.#left === 0) this.#header = Buffer.alloc(0)
    }
  }
}
