import { execFileSync } from 'node:child_process'
import { hash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usePlatform } from '../../../test/harness.ts'
import { startS3 } from '../../../test/s3.ts'
import { readConfig } from '../../config.ts'
import { Background } from '../background.ts'
import { collectOrphans } from './collect.ts'
import { put } from './keep.ts'
import { openStorage } from './open.ts'
import type { Storage } from './storage.ts'

const background = new Background({ error: () => {}, info: () => {} })

const platform = usePlatform()
const unlimited = { maxBytes: Number.MAX_SAFE_INTEGER }

/** Something that refers to contents, as artifacts and exports do. */
beforeAll(async () => {
  await platform.database.query(sql`CREATE TABLE reference (sha256 text REFERENCES storage_object)`)
})

describe.each(['disk', 's3'])('storage on %s', (kind) => {
  let folder: string
  let storage: Storage
  const closers: (() => Promise<void>)[] = []
  beforeAll(async () => {
    const s3 = kind === 's3' ? await startS3() : undefined
    folder = await mkdtemp(path.join(tmpdir(), 'mason-storage-'))
    storage = await openStorage(readConfig({ DATA_DIR: folder, ...s3?.environment }), background)
    closers.push(async () => {
      storage.close()
      await s3?.stop()
      await rm(folder, { recursive: true })
    })
  })
  afterAll(() => Promise.all(closers.map((close) => close())))

  const store = (bytes: Buffer, limits: { maxBytes: number; md5?: string } = unlimited) =>
    put(platform.database, storage, inChunks(bytes), limits)
  const inbox = () => readdir(path.join(folder, 'storage', 'inbox'))
  const age = (sha256: string) =>
    platform.database.query(
      sql`UPDATE storage_object SET kept_at = now() - interval '25 hours' WHERE sha256 = ${sha256}`,
    )
  const refer = (sha256: string) => platform.database.query(sql`INSERT INTO reference VALUES (${sha256})`)
  const collect = () => platform.database.transaction((tx) => collectOrphans(storage.objects).run(tx))

  it('keeps bytes under their SHA-256 and gives them back, whole and in parts', async () => {
    const bytes = randomBytes(20 * 2 ** 20 + 17)
    const content = await store(bytes)
    expect(content).toEqual({
      sha256: hash('sha256', bytes, 'hex'),
      sha1: hash('sha1', bytes, 'hex'),
      md5: hash('md5', bytes, 'hex'),
      size: bytes.length,
    })
    expect(await storage.objects.has(content.sha256)).toBe(true)
    expect((await buffer(await storage.objects.get(content.sha256))).equals(bytes)).toBe(true)
    // Not 0 to 0: the S3 server of the tests takes a last byte 0 for none.
    for (const [first, last] of [
      [0, 1],
      [9_000_000, 18_000_000],
      [bytes.length - 1, bytes.length - 1],
    ] as const) {
      const part = await buffer(await storage.objects.get(content.sha256, { first, last }))
      expect(part.equals(bytes.subarray(first, last + 1))).toBe(true)
    }
    expect(await inbox()).toEqual([])
  })

  it('keeps the same bytes once, also when they arrive side by side, and none at all', async () => {
    const bytes = randomBytes(100_000)
    const contents = await Promise.all(Array.from({ length: 8 }, () => store(bytes)))
    expect(new Set(contents.map(({ sha256 }) => sha256)).size).toBe(1)
    expect((await buffer(await storage.objects.get(hash('sha256', bytes)))).equals(bytes)).toBe(true)
    const { sha256, size } = await store(Buffer.alloc(0))
    expect(size).toBe(0)
    expect(await storage.objects.has(sha256)).toBe(true)
  })

  it('refuses too many bytes, another MD5 and a source that breaks, and leaves nothing behind', async () => {
    const bytes = randomBytes(200_000)
    const [sha256, md5] = [hash('sha256', bytes), hash('md5', bytes)]
    await expect(store(bytes, { maxBytes: bytes.length - 1 })).rejects.toMatchObject({ status: 400 })
    await expect(store(bytes, { ...unlimited, md5: hash('md5', 'other') })).rejects.toMatchObject({ status: 400 })
    const broken = async function* () {
      yield bytes
      throw new Error('the connection broke')
    }
    await expect(put(platform.database, storage, broken(), unlimited)).rejects.toThrow('the connection broke')
    expect(await inbox()).toEqual([])
    expect(await storage.objects.has(sha256)).toBe(false)
    await store(bytes, { maxBytes: bytes.length, md5: md5.toUpperCase() })
    expect(await storage.objects.has(sha256)).toBe(true)
  })

  it('collects what nothing refers to after a day, and nothing else', async () => {
    const [orphan, young, used] = [
      await store(randomBytes(10)),
      await store(randomBytes(10)),
      await store(randomBytes(10)),
    ]
    await refer(used.sha256)
    for (const { sha256 } of [orphan, used]) await age(sha256)
    await collect()
    await collect()
    expect(await storage.objects.has(orphan.sha256)).toBe(false)
    expect(await storage.objects.has(young.sha256)).toBe(true)
    expect(await storage.objects.has(used.sha256)).toBe(true)
    await expect(refer(orphan.sha256)).rejects.toMatchObject({ code: '23503' })
  })

  it('never collects what is put at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const bytes = randomBytes(1000)
      await age((await store(bytes)).sha256)
      const [{ sha256 }] = await Promise.all([store(bytes), collect()])
      await refer(sha256)
      await collect()
      expect(await storage.objects.has(sha256)).toBe(true)
    }
  })

  it('collects again what a crash kept it from collecting to the end', async () => {
    const bytes = randomBytes(1000)
    const { sha256 } = await store(bytes)
    await age(sha256)
    const crash = new Error('crash')
    const crashing = platform.database.transaction(async (tx) => {
      await collectOrphans(storage.objects).run(tx)
      throw crash
    })
    await expect(crashing).rejects.toBe(crash)
    expect(await storage.objects.has(sha256)).toBe(false)
    await store(bytes)
    await refer(sha256)
    expect(await storage.objects.has(sha256)).toBe(true)
  })
})

it('deletes what a crash left in the inbox once it is a day old', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'mason-storage-'))
  const config = readConfig({ DATA_DIR: folder })
  const first = await openStorage(config, background)
  const inbox = path.join(folder, 'storage', 'inbox')
  await writeFile(path.join(inbox, 'left'), 'half of it')
  await writeFile(path.join(inbox, 'arriving'), 'half of it')
  const dayAgo = new Date(Date.now() - 90_000_000)
  await utimes(path.join(inbox, 'left'), dayAgo, dayAgo)
  const second = await openStorage(config, background)
  expect(await readdir(inbox)).toEqual(['arriving'])
  first.close()
  second.close()
  await rm(folder, { recursive: true })
})

const small = path.join(tmpdir(), `mason-full-${process.pid}`)
const isMounted = mountSmall(small)
afterAll(() => {
  if (isMounted) execFileSync('umount', [small])
})

it.skipIf(!isMounted)('says so when the disk is full, keeps nothing, and goes on when there is room', async () => {
  const storage = await openStorage(readConfig({ DATA_DIR: small }), background)
  const store = (bytes: Buffer) => put(platform.database, storage, inChunks(bytes), unlimited)
  await expect(store(randomBytes(2 ** 21))).rejects.toMatchObject({ status: 503, message: /storage is full/ })
  expect(await readdir(path.join(small, 'storage', 'inbox'))).toEqual([])
  expect(await readdir(path.join(small, 'storage', 'objects'))).toEqual([])
  const { sha256 } = await store(randomBytes(2 ** 18))
  expect(await storage.objects.has(sha256)).toBe(true)
  storage.close()
})

/** A file system of 1 MiB, where this user may mount one. */
function mountSmall(folder: string): boolean {
  try {
    execFileSync('mkdir', ['-p', folder])
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Bytes in pieces of odd sizes, as a network delivers them. */
function inChunks(bytes: Buffer): Readable {
  const pieces = function* () {
    for (let start = 0, size = 1; start < bytes.length; start += size, size = (size * 7 + 3) % 300_007)
      yield bytes.subarray(start, start + size)
  }
  return Readable.from(pieces())
}
