import type { Adb } from '@yume-chan/adb'
import { LinuxFileType } from '@yume-chan/adb'
import { ReadableStream } from '@yume-chan/stream-extra'

/** A file or folder of a device. */
export interface DeviceFile {
  name: string
  kind: 'folder' | 'link' | 'file'
  size: number
  modified: Date
}

/** Bytes so far, of how many. */
export type OnProgress = (done: number, total: number) => void

export const joined = (folder: string, name: string) => `${folder === '/' ? '' : folder}/${name}`

/** The folder that a folder is in. */
export const parentOf = (folder: string) => folder.slice(0, folder.lastIndexOf('/')) || '/'

/** What a folder holds: folders first, each in order of names. */
export async function listFolder(adb: Adb, folder: string): Promise<DeviceFile[]> {
  const sync = await adb.sync()
  try {
    const entries = await sync.readdir(folder === '/' ? '/' : `${folder}/`)
    // What is not there is listed like what is empty.
    if (entries.length === 0 && !(await sync.isDirectory(folder)))
      throw new Error(`There is no folder ${folder} on this device`)
    return entries
      .filter(({ name }) => name !== '.' && name !== '..')
      .map(({ name, type, size, mtime }) => ({
        name,
        kind: kindOf(type),
        size: Number(size),
        modified: new Date(Number(mtime) * 1000),
      }))
      .sort((a, b) => Number(b.kind === 'folder') - Number(a.kind === 'folder') || a.name.localeCompare(b.name))
  } finally {
    await sync.dispose()
  }
}

function kindOf(type: LinuxFileType): DeviceFile['kind'] {
  if (type === LinuxFileType.Directory) return 'folder'
  return type === LinuxFileType.Link ? 'link' : 'file'
}

/** Reads a file of a device. */
export async function pull(adb: Adb, path: string, total: number, onProgress: OnProgress): Promise<Uint8Array[]> {
  const sync = await adb.sync()
  try {
    const parts: Uint8Array[] = []
    let done = 0
    const reader = sync.read(path).getReader()
    for (;;) {
      const { done: isOver, value } = await reader.read()
      if (isOver) return parts
      parts.push(value)
      done += value.length
      onProgress(done, total)
    }
  } finally {
    await sync.dispose()
  }
}

/** Writes a file of this computer to a device. */
export async function push(adb: Adb, folder: string, file: File, onProgress: OnProgress): Promise<void> {
  const sync = await adb.sync()
  try {
    const reader = file.stream().getReader()
    let done = 0
    const content = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done: isOver, value } = await reader.read()
        if (isOver) return controller.close()
        done += value.length
        onProgress(done, file.size)
        controller.enqueue(value)
      },
    })
    const mtime = Math.floor(file.lastModified / 1000)
    await sync.write({ filename: joined(folder, file.name), file: content, permission: 0o644, mtime })
  } finally {
    await sync.dispose()
  }
}
