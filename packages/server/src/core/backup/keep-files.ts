import { readdir, rmdir } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from '../../config.ts'
import type { Background } from '../background.ts'
import { openStorage } from '../storage/open.ts'
import type { Storage } from '../storage/storage.ts'

/** Puts files where the platform keeps them, on disk or in a bucket, and takes them away again. */
export class FileKeeper {
  readonly #config: Config
  readonly #background: Background
  #storage: Storage | undefined
  readonly #kept: string[] = []

  constructor(config: Config, background: Background) {
    this.#config = config
    this.#background = background
  }

  /** Keeps bytes that have this digest; others are not kept. */
  async keep(sha256: string, bytes: AsyncIterable<Buffer>): Promise<void> {
    this.#storage ??= await openStorage(this.#config, this.#background)
    const { inbox, objects } = this.#storage
    const received = await inbox.receive(bytes, { maxBytes: Number.MAX_SAFE_INTEGER })
    try {
      if (received.sha256 !== sha256 || (await objects.has(sha256))) return
      this.#kept.push(sha256)
      await objects.keep(received)
    } finally {
      await received.discard()
    }
  }

  close(): void {
    this.#storage?.close()
  }

  /** Removes what was kept, and the folders that are empty then. */
  async remove(): Promise<void> {
    for (const sha256 of this.#kept) await this.#storage?.objects.remove(sha256)
    await removeEmpty(path.join(this.#config.DATA_DIR, 'storage'))
  }
}

async function removeEmpty(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory()) await removeEmpty(path.join(folder, entry.name))
  await rmdir(folder).catch(() => {})
}
