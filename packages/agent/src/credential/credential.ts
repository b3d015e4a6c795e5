import { readFile } from 'node:fs/promises'
import T, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { writePrivateFile } from './private-file.ts'

/** The credential of an enrolled device, and where it is valid. */
export const Credential = T.Object({
  server: T.String({ description: 'the platform that issued it' }),
  id: T.String(),
  secret: T.String(),
  checkinSeconds: T.Integer({ description: 'interval between check-ins until an answer changes it' }),
  mqtt: T.Optional(
    T.Object({ url: T.String() }, { description: 'the broker that commands are pushed from; absent for HTTP alone' }),
  ),
})
export type Credential = Static<typeof Credential>

/** Stores the credential in a file with mode 0600, atomically. */
export async function writeCredential(path: string, credential: Credential): Promise<void> {
  await writePrivateFile(path, `${JSON.stringify(credential)}\n`)
}

/**
 * Reads the credential.
 *
 * @throws Error with a message for the operator when the file is missing or holds no valid credential.
 */
export async function readCredential(path: string): Promise<Credential> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`no credential in ${path}; enroll first with: mason-agent enroll`, { cause })
  })
  const credential = parseJson(text)
  if (!Value.Check(Credential, credential)) throw new Error(`${path} holds no credential; enroll again`)
  return credential
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
