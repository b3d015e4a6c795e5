import type { FileHandle } from 'node:fs/promises'

/** A file that is read from anywhere in it; ends are exclusive. */
export interface Bytes {
  size: number
  /** @throws Error when the range does not lie within the file. */
  read(start: number, end: number): Promise<Buffer>
}

export function bytesOf(handle: FileHandle, size: number): Bytes {
  return {
    size,
    read: async (start, end) => {
      if (start < 0 || start > end || end > size) throw new Error('it is cut off')
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(end - start), 0, end - start, start)
      if (bytesRead !== end - start) throw new Error('it is cut off')
      return buffer
    },
  }
}
