import { existsSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { flushFolder } from '../storage/disk.ts'

/** How a command line says standard input or output. */
const standard = '-'

export const isStandard = (file: string) => file === standard

/**
 * Writes a file that appears under its name when it is whole and on the disk, and under no other condition: until then it is
 * `FILE.part`. Nobody else may read it.
 *
 * @param write gets a function that opens it.
 */
export async function writeWhole<T>(
  file: string,
  write: (openOutput: () => Promise<Writable>) => Promise<T>,
): Promise<T> {
  if (isStandard(file)) return write(async () => standardOutput())
  const part = `${file}.part`
  let handle: FileHandle | undefined
  let fault: Error | undefined
  const openPart = async () => {
    try {
      refuseExisting(file)
      await rm(part, { force: true })
      handle = await open(part, 'wx', 0o600)
      return handle.createWriteStream({ flush: true }).on('error', (error) => {
        fault = explained(part, error)
      })
    } catch (error) {
      fault = explained(part, error as Error)
      throw fault
    }
  }
  try {
    refuseExisting(file)
    const result = await write(openPart)
    await rename(part, file)
    await flushFolder(path.dirname(path.resolve(file)))
    return result
  } catch (error) {
    await handle?.close().catch(() => {})
    if (handle) await rm(part, { force: true })
    throw fault ?? error
  }
}

/** Opens a file, or the standard input. */
export async function openInput(file: string): Promise<Readable> {
  if (isStandard(file)) return process.stdin
  try {
    const handle = await open(file)
    if ((await handle.stat()).isDirectory()) {
      await handle.close()
      throw Object.assign(new Error(), { code: 'EISDIR' })
    }
    return handle.createReadStream()
  } catch (error) {
    throw explained(file, error as Error)
  }
}

function refuseExisting(file: string): void {
  if (existsSync(file)) throw new Error(`${file} is there already: name another file, or remove that one`)
}

function standardOutput(): Writable {
  if (process.stdout.isTTY)
    throw new Error('The standard output is a terminal: send it to a program or a file, or name a file')
  return process.stdout
}

const faults: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; nothing was left there',
  EDQUOT: 'the disk quota of this user is used up; nothing was left there',
  EFBIG: 'the file system takes no file of this size; nothing was left there',
  EACCES: 'this user may not use it',
  EPERM: 'this user may not use it',
  EROFS: 'its file system is mounted read-only',
  ENOENT: 'it, or its folder, is not there',
  ENOTDIR: 'it lies below a file',
  EISDIR: 'it is a folder',
}

/** Without the code, by which others would take it for a fault of the data directory. */
function explained(file: string, error: NodeJS.ErrnoException): Error {
  const fault = faults[error.code ?? '']
  return fault === undefined ? error : new Error(`${file}: ${fault}`)
}
