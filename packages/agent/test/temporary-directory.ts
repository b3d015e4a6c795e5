import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory that disposing of removes. */
export async function temporaryDirectory() {
  const path = await mkdtemp(join(tmpdir(), 'mason-agent-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}
