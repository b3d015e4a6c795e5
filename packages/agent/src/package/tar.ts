/** A file of an archive. */
interface TarFile {
  name: string
  content: string | Uint8Array
  isExecutable?: boolean
}

const block = 512

/** Writes an archive in the form of POSIX ustar, the same for the same files. */
export function tarOf(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap(({ name, content, isExecutable = false }) => {
    const bytes = Buffer.from(content)
    return [headerOf(name, bytes.length, isExecutable), bytes, Buffer.alloc(-bytes.length & (block - 1))]
  })
  return Buffer.concat([...parts, Buffer.alloc(2 * block)])
}

function headerOf(name: string, size: number, isExecutable: boolean): Buffer {
  const header = Buffer.alloc(block)
  const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, '0')
  header.write(name, 0, 100)
  header.write(octal(isExecutable ? 0o755 : 0o644, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(size, 12), 124)
  // npm leaves 1985-10-26 in its own packages: a time of zero confuses some archivers.
  header.write(octal(499_162_500, 12), 136)
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  )
  header.write('\0 ', 154)
  return header
}

/**
 * Reads the files of such an archive.
 *
 * @throws Error when it is cut off or holds anything but plain files.
 */
export function filesOf(archive: Buffer): TarFile[] {
  const files: TarFile[] = []
  for (let at = 0; at + block <= archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + block)
    const text = (from: number, length: number) => header.toString('utf8', from, from + length).replace(/[\0 ].*$/s, '')
    const size = Number.parseInt(text(124, 12), 8)
    if (!Number.isSafeInteger(size) || (header[156] !== 0x30 && header[156] !== 0))
      throw new Error('the archive holds something other than plain files')
    const content = archive.subarray(at + block, at + block + size)
    if (content.length < size) throw new Error('the archive is cut off')
    files.push({ name: text(0, 100), content, isExecutable: (Number.parseInt(text(100, 8), 8) & 0o100) !== 0 })
    at += block + Math.ceil(size / block) * block
  }
  return files
}
