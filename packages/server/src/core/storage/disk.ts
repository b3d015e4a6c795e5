import { access, mkdir, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { refuseFull } from './full.ts'
import type { ObjectStore } from './storage.ts'

/** Contents as files, in 256 folders by the first two digits of their name. */
export async function openDisk(root: string): Promise<ObjectStore & { fileOf(sha256: string): string }> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  const folderOf = (sha256: string) => path.join(root, sha256.slice(0, 2))
  const fileOf = (sha256: string) => path.join(folderOf(sha256), sha256)
  return {
    fileOf,
    keep: async ({ file, sha256 }) => {
      const folder = folderOf(sha256)
      try {
        if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await flushFolder(root)
        await rename(file, fileOf(sha256))
        await flushFolder(folder)
      } catch (error) {
        throw refuseFull(error)
      }
    },
    get: async (sha256, range) => {
      const handle = await open(fileOf(sha256)).catch((error: Error) => {
        throw new Error(`The content ${sha256} cannot be opened`, { cause: error })
      })
      return handle.createReadStream(range && { start: range.first, end: range.last })
    },
    has: (sha256) =>
      access(fileOf(sha256)).then(
        () => true,
        () => false,
      ),
    remove: (sha256) => rm(fileOf(sha256), { force: true }),
  }
}

/** A rename outlives a power cut only once the folder itself is written. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
