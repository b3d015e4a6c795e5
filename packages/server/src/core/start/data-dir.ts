import { existsSync } from 'node:fs'
import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { StartError } from './start-error.ts'

/** What a new cluster of PostgreSQL takes up, and what one that is there needs to start. */
const room = { newCluster: 128 * 2 ** 20, cluster: 8 * 2 ** 20 }

const remedies: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be made there; name a folder on a disk',
  ENOTDIR: 'is a file or lies below one; name a folder',
  EACCES: 'cannot be written by the user that runs this program; give it the folder (chown)',
  EPERM: 'cannot be written by the user that runs this program; give it the folder (chown)',
  EROFS: 'is on a file system that is mounted read-only; mount it writable or name another folder',
  ENOSPC: 'is on a disk that is full; free some room',
  EDQUOT: 'is beyond the disk quota of this user; free some room',
  ENAMETOOLONG: 'has a name that is too long',
  ELOOP: 'is a symbolic link that leads to itself',
}

/**
 * Makes the folder where it is missing and writes to it once.
 *
 * @throws StartError that says why it cannot be used.
 */
export async function prepareDataDir(dataDir: string, { hasOwnPostgres }: { hasOwnPostgres: boolean }): Promise<void> {
  const folder = path.resolve(dataDir)
  try {
    await makeFolder(folder)
    const trial = path.join(folder, `.trial-${process.pid}`)
    await writeFile(trial, Buffer.alloc(4096), { flush: true }).finally(() => rm(trial, { force: true }))
  } catch (error) {
    throw explainDataDir(dataDir, error)
  }
  if (hasOwnPostgres) await refuseFullDisk(dataDir, folder)
}

/** A file system's error in the data directory as a sentence; any other error as it is. */
export function explainDataDir(dataDir: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (/No space left on device/.test(message)) return explainDataDir(dataDir, { code: 'ENOSPC' })
  if (error instanceof StartError || code === undefined || !/^E[A-Z]+$/.test(code)) return error
  const remedy = remedies[code] ?? `cannot be used (${message})`
  return new StartError(`DATA_DIR=${dataDir} ${remedy}`, { cause: error })
}

/** Node's own `recursive` never ends where a folder is there in which nothing can be made, as /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return refuseFile(folder)
    const parent = path.dirname(folder)
    if (code !== 'ENOENT' || existsSync(parent)) throw error
    await makeFolder(parent)
    await mkdir(folder, { mode: 0o700 })
  }
}

async function refuseFile(folder: string): Promise<void> {
  if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' })
}

async function refuseFullDisk(dataDir: string, folder: string): Promise<void> {
  const needed = existsSync(path.join(folder, 'postgres')) ? room.cluster : room.newCluster
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= needed) return
  const megabytes = (bytes: number) => Math.floor(bytes / 2 ** 20)
  throw new StartError(
    `DATA_DIR=${dataDir} is on a disk with ${megabytes(free)} MiB free; PostgreSQL needs ${megabytes(needed)} MiB to start`,
  )
}
