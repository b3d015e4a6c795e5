import type { FileSink, FileState } from '../../xray/adb/adb-host.ts'

const [directoryMode, fileMode] = [0o40755, 0o100644]
/** As much as all files of a simulated device hold. */
const maxBytes = 32 * 2 ** 20

interface VirtualFile {
  content: Buffer
  mode: number
  modified: number
}

/** The files of a simulated device, in memory. */
export class VirtualFiles {
  readonly #files = new Map<string, VirtualFile>()

  constructor(files: Readonly<Record<string, string>>, modified: number) {
    for (const [path, text] of Object.entries(files))
      this.#files.set(path, { content: Buffer.from(text), mode: fileMode, modified })
  }

  stat(path: string): FileState | undefined {
    const name = normal(path)
    const file = this.#files.get(name)
    if (file) return { mode: file.mode, size: file.content.length, modified: file.modified }
    return this.#isDirectory(name) ? { mode: directoryMode, size: 4_096, modified: 0 } : undefined
  }

  list(path: string): (FileState & { name: string })[] {
    const folder = normal(path)
    if (!this.#isDirectory(folder)) return []
    const start = folder === '/' ? '/' : `${folder}/`
    const names = new Set(
      [...this.#files.keys()]
        .filter((one) => one.startsWith(start))
        .map((one) => one.slice(start.length).split('/')[0]),
    )
    return [...names].sort().flatMap((name = '') => {
      const state = this.stat(start + name)
      return state ? [{ name, ...state }] : []
    })
  }

  /** @throws Error when there is no such file. */
  read(path: string): Buffer {
    const file = this.#files.get(normal(path))
    if (!file) throw new Error(`${path}: No such file or directory`)
    return file.content
  }

  remove(path: string): boolean {
    return this.#files.delete(normal(path))
  }

  sink(path: string, mode: number): FileSink {
    const parts: Buffer[] = []
    return {
      write: async (piece) => {
        this.#requireRoom(piece.length + parts.reduce((sum, { length }) => sum + length, 0))
        parts.push(Buffer.from(piece))
      },
      commit: async (modified) => {
        this.#files.set(normal(path), { content: Buffer.concat(parts), mode: 0o100000 | (mode & 0o777), modified })
      },
      abort: async () => {},
    }
  }

  #isDirectory(path: string): boolean {
    const start = path === '/' ? '/' : `${path}/`
    return [...this.#files.keys()].some((one) => one.startsWith(start))
  }

  #requireRoom(bytes: number): void {
    const used = [...this.#files.values()].reduce((sum, { content }) => sum + content.length, 0)
    if (used + bytes > maxBytes) throw new Error('No space left on device')
  }
}

/** A path from the root, without dots and doubled slashes. */
export function normal(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/'))
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  return `/${parts.join('/')}`
}
