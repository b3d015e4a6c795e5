import { readFile } from 'node:fs/promises'
import T, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { writePrivateFile } from './private-file.ts'

/** What an enrolled device keeps. */
export const Credential = T.Object({
  server: T.String({ description: 'the platform that it holds for' }),
  id: T.String(),
  secret: T.String(),
  checkinSeconds: T.Integer({ description: 'how often to check in, until an answer says otherwise' }),
  mqtt: T.Optional(T.Object({ url: T.String() }, { description: 'where commands are pushed from; else HTTP alone' })),
})
export type Credential = Static<typeof Credential>

/** Stores the credential in a file with mode 0600, atomically. */
export async function writeCredential(path: string, credential: Credential): Promise<void> {
  await writePrivateFile(path, `${JSON.stringify(credential)}\n`)
}

/** @throws Error with a message for people when there is no credential, or none that makes sense. */
export async function readCredential(path: string): Promise<Credential> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`no credential in ${path}; enrol first with: mason-agent enroll`, { cause })
  })
  const credential = parseJson(text)
  if (!Value.Check(Credential, credential)) throw new Error(`${path} holds no credential; enrol again`)
  return credential
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
