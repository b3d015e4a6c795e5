import { open, readFile } from 'node:fs/promises'
import type { ArtifactType } from '@mason/contract/artifact'
import { AppError, type Fault } from '../errors.ts'
import { inspectApk } from './apk/inspect.ts'
import { bytesOf } from './bytes.ts'
import { parseConfig } from './config.ts'
import { inspectMedia } from './media.ts'

/** What a file was found to be: the facts of its kind, or why it is none of that kind. */
export type Finding =
  | { facts: object | null; refusal: null }
  | { facts: null; refusal: { message: string; faults: Fault[] } }

const nouns = { apk: 'app', config: 'config', media: 'file', ota: 'update' } as const

/** Looks into a file of this type; nothing that the sender says of it counts. */
export async function inspect(file: string, size: number, type: ArtifactType): Promise<Finding> {
  const handle = await open(file)
  try {
    return { facts: await factsOf(type, file, bytesOf(handle, size)), refusal: null }
  } catch (error) {
    const { message } = error as Error
    if (!(error instanceof AppError))
      return { facts: null, refusal: { message: `The ${nouns[type]} cannot be taken: ${message}`, faults: [] } }
    return { facts: null, refusal: { message, faults: error.details.faults ?? [] } }
  } finally {
    await handle.close()
  }
}

async function factsOf(type: ArtifactType, file: string, bytes: ReturnType<typeof bytesOf>): Promise<object | null> {
  if (bytes.size === 0) throw new Error('it is empty')
  if (type === 'apk') return inspectApk(file, bytes)
  if (type === 'media') return { type: await inspectMedia(file, bytes) }
  if (type === 'config') return parseConfig(await readFile(file))
  return null
}
