import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from '../../config.ts'
import type { Background } from '../background.ts'
import { openDisk } from './disk.ts'
import { openInbox } from './inbox.ts'
import type { Storage } from './storage.ts'

export async function openStorage(config: Config, background: Background): Promise<Storage> {
  const folder = path.join(config.DATA_DIR, 'storage')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const inbox = await openInbox(path.join(folder, 'inbox'), background)
  const { S3_BUCKET } = config
  if (S3_BUCKET === undefined)
    return { inbox, objects: await openDisk(path.join(folder, 'objects')), close: inbox.close }
  // Loading the client takes 50 MB and 0.4 s: only who uses it pays.
  const { openS3 } = await import('./s3.ts')
  return { inbox, objects: await openS3({ ...config, S3_BUCKET }), close: inbox.close }
}
