import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Database } from '../src/core/db/database.ts'
import { runCommand } from './program.ts'
import { newDatabase, start, startFault } from './start.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'mason-keys-'))
afterAll(() => rm(folder, { recursive: true }))

describe('the encryption key', () => {
  const newFolder = async () => {
    const made = path.join(folder, randomUUID())
    await mkdir(made)
    return made
  }
  const [one, other] = ['a'.repeat(64), 'b'.repeat(64)]

  test('another one than the database was sealed with is refused', async () => {
    const { url } = await newDatabase('template')
    const node = { DATABASE_URL: url(), DATA_DIR: await newFolder() }
    await start({ ...node, MASON_ENCRYPTION_KEY: one })
    await start({ ...node, MASON_ENCRYPTION_KEY: one.toUpperCase() })
    const fault = await startFault({ ...node, MASON_ENCRYPTION_KEY: other })
    expect(fault).toMatch(/^MASON_ENCRYPTION_KEY is not the encryption key/)
    expect(fault).not.toContain(other)
    expect(await startFault(node), 'no key at all').toMatch(/encryption-key is missing/)
    await expect(readFile(path.join(node.DATA_DIR, 'encryption-key')), 'none is made').rejects.toThrow('ENOENT')
  })

  test.each([
    ['is lost', (file: string) => rm(file), /is missing/],
    ['is replaced', (file: string) => writeFile(file, other), /is not the encryption key/],
    ['is empty', (file: string) => writeFile(file, ''), /64 hexadecimal digits/],
    ['is cut off', (file: string) => writeFile(file, one.slice(1)), /64 hexadecimal digits/],
    ['is a folder', (file: string) => rm(file).then(() => mkdir(file)), /cannot be read/],
  ])('a key file that %s is refused, and named', async (_name, spoil, reason) => {
    const { url } = await newDatabase('template')
    const node = { DATABASE_URL: url(), DATA_DIR: await newFolder() }
    await start(node)
    const file = path.join(node.DATA_DIR, 'encryption-key')
    await spoil(file)
    const fault = await startFault(node)
    expect(fault).toMatch(reason)
    expect(fault).toContain(file)
    expect(fault).toContain('MASON_ENCRYPTION_KEY')
  })

  test('of two first starts with different keys one is refused, and the other goes on', async () => {
    const { url } = await newDatabase('template')
    const outcomes = await Promise.allSettled(
      [one, other].map(async (MASON_ENCRYPTION_KEY) =>
        start({ DATABASE_URL: url(), DATA_DIR: await newFolder(), MASON_ENCRYPTION_KEY }),
      ),
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('two first starts on one shared folder agree', async () => {
    const { url } = await newDatabase('template')
    const node = { DATABASE_URL: url(), DATA_DIR: await newFolder() }
    await Promise.all([start(node), start(node)])
  })

  test('a database of a version before is adopted by the key that opens it alone', async () => {
    const { url } = await newDatabase('template')
    const node = { DATABASE_URL: url(), DATA_DIR: await newFolder() }
    await start({ ...node, MASON_ENCRYPTION_KEY: one })
    const database = new Database({ connectionString: url(), max: 1 })
    await database.pool.query('DELETE FROM encryption_key')
    await database.close()
    expect(await startFault({ ...node, MASON_ENCRYPTION_KEY: other })).toMatch(/^MASON_ENCRYPTION_KEY is not/)
    await start({ ...node, MASON_ENCRYPTION_KEY: one })
  })

  test('one that is lost for good can be given up', async () => {
    const { url } = await newDatabase('template')
    const node = { DATABASE_URL: url(), DATA_DIR: await newFolder() }
    await start({ ...node, MASON_ENCRYPTION_KEY: one })
    expect((await runCommand(['encryption-key', 'forget'], node)).code).toBe(0)
    await start({ ...node, MASON_ENCRYPTION_KEY: other })
    expect(await startFault({ ...node, MASON_ENCRYPTION_KEY: one })).toMatch(/^MASON_ENCRYPTION_KEY is not/)
  })
})
