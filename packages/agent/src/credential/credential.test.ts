import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../test/temporary-directory.ts'
import { type Credential, readCredential, writeCredential } from './credential.ts'

const credential: Credential = { server: 'https://mason.example', id: 'id', secret: 'secret', checkinSeconds: 900 }

test('what was written is read, from a file that only its owner may read', async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'new', 'credential.json')
  await writeCredential(path, credential)
  expect(await readCredential(path)).toEqual(credential)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('writing again replaces a file that others could read, and leaves nothing else behind', async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'credential.json')
  await writeFile(path, 'old')
  await chmod(path, 0o644)
  await writeCredential(path, credential)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(directory.path)).toEqual(['credential.json'])
})

test('a failed write keeps the old content and leaves nothing else behind', async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'target')
  await writeCredential(join(path, 'kept'), credential)
  await expect(writeCredential(path, credential)).rejects.toThrow()
  expect(await readFile(join(path, 'kept'), 'utf8')).toContain('secret')
  expect(await readdir(directory.path)).toEqual(['target'])
})

test('says what to do when there is none, or it makes no sense', async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'credential.json')
  await expect(readCredential(path)).rejects.toThrow('enroll first')
  await writeFile(path, '{"id":1}')
  await expect(readCredential(path)).rejects.toThrow('enroll again')
})
