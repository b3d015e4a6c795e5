import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { createGroup } from '@mason/contract/group'
import { routes } from '@mason/contract/routes'
import { beforeAll, describe, expect, test } from 'vitest'
import { makeApk } from '../../../test/apk/make.ts'
import { uploadBytes } from '../../../test/artifacts.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { Browser, newUser, password } from '../../../test/users.ts'
import { isCompressible } from './compress.ts'

const platform = usePlatform()
let account: TestAccount

beforeAll(async () => {
  account = await platform.newAccount()
  const description = 'a group whose description makes the list long enough '.repeat(5)
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await account.call(createGroup, { name, description })
})

const readers = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync }

/** The bytes as they came: fetch would undo what was done to them. */
async function ask(path: string, headers: Record<string, string> = {}) {
  const { request } = await import('node:http')
  return new Promise<{ status: number; headers: Record<string, string | undefined>; bytes: Buffer }>(
    (resolve, reject) => {
      const url = new URL(path, platform.url)
      const sent = { authorization: `basic ${account.key}`, ...headers }
      request(url, { headers: sent }, (incoming) => {
        const pieces: Buffer[] = []
        const finish = () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers as Record<string, string | undefined>,
            bytes: Buffer.concat(pieces),
          })
        incoming.on('data', (piece: Buffer) => pieces.push(piece)).on('end', finish)
        if (incoming.headers['content-type']?.startsWith('text/event-stream')) {
          finish()
          incoming.destroy()
        }
      })
        .on('error', reject)
        .end()
    },
  )
}

describe('an answer over 1 KiB', () => {
  const path = '/v1/default/group'

  test.each(Object.entries(readers))('is compressed by %s for who asks, and says so', async (encoding, read) => {
    const plain = await ask(path)
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.bytes.length).toBeGreaterThan(1024)
    const packed = await ask(path, { 'accept-encoding': encoding })
    expect(packed.headers['content-encoding']).toBe(encoding)
    expect(packed.headers.vary).toMatch(/accept-encoding/i)
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 2)
    expect(read(packed.bytes).equals(plain.bytes)).toBe(true)
  })

  test.each(['', 'identity', 'gzip;q=0', 'deflate', 'x', 'br;q=0, gzip;q=0', ';;', '*;q=0'])(
    'is sent as it is to who asks for %j',
    async (encoding) => {
      const answer = await ask(path, { 'accept-encoding': encoding })
      expect(answer.status).toBe(200)
      expect(answer.headers['content-encoding']).toBeUndefined()
      expect(JSON.parse(answer.bytes.toString()).data).toHaveLength(7)
    },
  )

  test('is the description of the API, too', async () => {
    const answer = await ask('/openapi.json', { 'accept-encoding': 'gzip' })
    expect(JSON.parse(gunzipSync(answer.bytes).toString()).openapi).toBe('3.1.0')
  })
})

test('nothing is gained by a short answer, an error for instance', async () => {
  for (const path of ['/healthz', '/v1/default/group/a', '/v1/default/nowhere', '/v1/default/group?groop=1'])
    expect((await ask(path, { 'accept-encoding': 'gzip' })).headers['content-encoding'], path).toBeUndefined()
})

test('streams of events leave at once, as they are', async () => {
  const answer = await ask('/v1/default/event/stream', { 'accept-encoding': 'gzip, br, zstd' })
  expect(answer.status).toBe(200)
  expect(answer.headers['content-encoding']).toBeUndefined()
})

test('files are sent as they are, whole and in parts', async () => {
  const bytes = makeApk({ packageName: 'com.example.packed', versionCode: 1 })
  const { url } = await uploadBytes(account, 'apk', bytes)
  const made = await platform.fetch('/v1/default/artifact', {
    method: 'POST',
    key: account.key,
    body: JSON.stringify({ url, type: 'apk' }),
  })
  const path = ((await made.json()) as { data: { contentUrl: string }[] }).data[0]?.contentUrl ?? ''
  for (const headers of [{}, { range: 'bytes=0-1999' }] as Record<string, string>[]) {
    const answer = await ask(path, { 'accept-encoding': 'gzip, br, zstd', ...headers })
    expect(answer.headers['content-encoding']).toBeUndefined()
    expect(bytes.subarray(0, answer.bytes.length).equals(answer.bytes)).toBe(true)
    expect(Number(answer.headers['content-length'])).toBe(answer.bytes.length)
  }
})

test('answers that hold a lasting secret beside what was sent are left as they are, and so is no other of the API', async () => {
  const left = routes.filter((route) => !isCompressible(route)).map(({ url }) => url)
  expect(left.filter((url) => !/^\/(auth|oauth)\/|\/content$/.test(url))).toEqual([])
  const own = await newUser(platform, account)
  for (let sign = 0; sign < 6; sign++) await new Browser(platform.url).signIn(own.email, password)
  const sessions = await ask('/auth/sessions', {
    'accept-encoding': 'gzip',
    authorization: '',
    cookie: own.browser.cookie,
  })
  expect(sessions.bytes.length).toBeGreaterThan(1024)
  expect(sessions.headers['content-encoding']).toBeUndefined()
})
