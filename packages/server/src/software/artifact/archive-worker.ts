import { open } from 'node:fs/promises'
import { work } from '../../core/thread/work.ts'
import { inspectApk } from './apk/inspect.ts'
import type { Archive } from './archive.ts'
import { bytesOf } from './bytes.ts'
import { inspectMedia } from './media.ts'

await work(async ({ type, file, size }: Archive) => {
  const handle = await open(file)
  try {
    const bytes = bytesOf(handle, size)
    return type === 'apk' ? await inspectApk(file, bytes) : { type: await inspectMedia(file, bytes) }
  } finally {
    await handle.close()
  }
})
