import { randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'

/**
 * Writes a secret to a file of its own that nobody else may read, unless it is there: then that one counts. The file appears
 * whole, so nobody ever reads half of it, whatever crashes and whoever else starts.
 *
 * @returns what the file holds.
 */
export async function keepOnce(file: string, text: string): Promise<string> {
  const draft = `${file}.${randomUUID()}`
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true })
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
  return readFile(file, 'utf8')
}
