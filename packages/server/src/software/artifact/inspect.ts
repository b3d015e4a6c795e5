import { readFile } from 'node:fs/promises'
import type { ArtifactType } from '@mason/contract/artifact'
import { AppError, type Fault } from '../../core/errors.ts'
import { inspectArchive } from './archive.ts'
import { parseConfig } from './config.ts'

/** What a file was found to be: the facts of its kind, or why it is none of that kind. */
export type Finding =
  | { facts: object | null; refusal: null }
  | { facts: null; refusal: { message: string; faults: Fault[] } }

const nouns = { apk: 'app', config: 'config', media: 'file', ota: 'update' } as const

/** Looks into a file of this type; nothing that the sender says of it counts. */
export async function inspect(file: string, size: number, type: ArtifactType): Promise<Finding> {
  try {
    return { facts: await factsOf(file, size, type), refusal: null }
  } catch (error) {
    const { message } = error as Error
    // What this machine is to blame for says nothing of the file.
    if (error instanceof AppError && error.type === 'api_error') throw error
    if (!(error instanceof AppError))
      return { facts: null, refusal: { message: `The ${nouns[type]} was refused: ${message}`, faults: [] } }
    return { facts: null, refusal: { message, faults: error.details.faults ?? [] } }
  }
}

async function factsOf(file: string, size: number, type: ArtifactType): Promise<object | null> {
  if (size === 0) throw new Error('it is empty')
  if (type === 'apk' || type === 'media') return inspectArchive({ type, file, size })
  if (type === 'config') return parseConfig(await readFile(file))
  return null
}
