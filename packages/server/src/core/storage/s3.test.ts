import { hash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { startS3 } from '../../../test/s3.ts'
import { readConfig } from '../../config.ts'
import { openS3 } from './s3.ts'
import { endWhenSilent } from './silent.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const keys = { S3_ACCESS_KEY_ID: 'S3RVER', S3_SECRET_ACCESS_KEY: 'S3RVER' }
const patience = { connectMs: 2_000, answerMs: 300, pieceMs: 300 }
const open = (environment: Record<string, string>) => {
  const config = readConfig({ ...keys, S3_BUCKET: 'mason-test', ...environment })
  return openS3({ ...config, S3_BUCKET: config.S3_BUCKET ?? '' }, patience)
}

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const answering = (listener: RequestListener) =>
  listen(
    createServer((request, response) => {
      request.resume()
      listener(request, response)
    }),
  )

describe('the start names the setting at fault', () => {
  it.each([
    ['NoSuchBucket', 404, 'S3_BUCKET'],
    ['InvalidAccessKeyId', 403, 'S3_ACCESS_KEY_ID'],
    ['SignatureDoesNotMatch', 403, 'S3_SECRET_ACCESS_KEY'],
    ['AccessDenied', 403, 'S3_ACCESS_KEY_ID'],
    ['ExpiredToken', 400, 'S3_ACCESS_KEY_ID'],
    ['PermanentRedirect', 301, 'S3_REGION'],
    ['AuthorizationHeaderMalformed', 400, 'S3_REGION'],
    ['RequestTimeTooSkewed', 403, 'S3_ENDPOINT'],
    ['SomethingNew', 403, 'S3_ACCESS_KEY_ID'],
    ['SomethingNew', 404, 'S3_BUCKET'],
    ['InternalError', 500, 'S3_ENDPOINT'],
  ])('%s (%i): %s', async (code, status, setting) => {
    const S3_ENDPOINT = await answering((_request, response) =>
      response
        .writeHead(status, { 'content-type': 'application/xml' })
        .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`),
    )
    await expect(open({ S3_ENDPOINT })).rejects.toThrow(new RegExp(`^${setting}`))
  })

  it('a server that accepts and never answers, one that is none of S3, and none at all', async () => {
    const silent = await listen(createTcpServer(() => {}))
    await expect(open({ S3_ENDPOINT: silent })).rejects.toThrow(`S3_ENDPOINT=${silent} does not answer`)
    const page = await answering((_request, response) => response.end('<html>Welcome</html>'))
    await expect(open({ S3_ENDPOINT: page })).rejects.toThrow(`S3_ENDPOINT=${page} cannot be used`)
    await expect(open({ S3_ENDPOINT: 'http://127.0.0.1:1' })).rejects.toThrow(/^S3_ENDPOINT=.*ECONNREFUSED/)
    await expect(open({ S3_ENDPOINT: 'http://no-such-host.invalid' })).rejects.toThrow(/^S3_ENDPOINT=/)
  })

  it('a bucket that is not there and a wrong secret, at a real server', async () => {
    const { environment, stop } = await startS3()
    closers.push(stop)
    await expect(open({ ...environment, S3_BUCKET: 'another' })).rejects.toThrow(/^S3_BUCKET: .*another/)
    await expect(open({ ...environment, S3_SECRET_ACCESS_KEY: 'wrong' })).rejects.toThrow(/^S3_SECRET_ACCESS_KEY/)
    await expect(open({ ...environment, S3_ACCESS_KEY_ID: 'nobody' })).rejects.toThrow(/^S3_ACCESS_KEY_ID/)
    await open(environment)
  })
})

describe('a bucket that goes away', () => {
  const content = Buffer.from('some bytes')
  const received = async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'mason-s3-'))
    closers.push(() => rm(folder, { recursive: true }))
    const file = path.join(folder, 'file')
    await writeFile(file, content)
    const { length: size } = content
    return { file, sha256: hash('sha256', content), sha1: '', md5: '', size, discard: async () => {} }
  }
  const away = { status: 503, details: { retryAfter: expect.any(Number) } }

  /** A server that answers as S3 does, until `fail` says how it does not. */
  async function failing(): Promise<{ url: string; fail: { by?: RequestListener } }> {
    const fail: { by?: RequestListener } = {}
    let probe = ''
    const url = await answering((request, response) => {
      if (fail.by) return fail.by(request, response)
      if (request.method === 'PUT') request.on('data', (chunk) => (probe += chunk)).on('end', () => response.end())
      else response.end(probe)
    })
    return { url, fail }
  }

  it.each<[string, RequestListener]>([
    ['never answers', () => {}],
    ['hangs up', (request) => request.socket.destroy()],
    ['fails', (_request, response) => response.writeHead(500).end()],
    ['is overloaded', (_request, response) => response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>')],
  ])('%s: reads and writes are a 503 with Retry-After', async (_name, by) => {
    const { url, fail } = await failing()
    const objects = await open({ S3_ENDPOINT: url })
    fail.by = by
    await expect(objects.get(hash('sha256', content))).rejects.toMatchObject(away)
    await expect(objects.keep(await received())).rejects.toMatchObject(away)
    await expect(objects.remove(hash('sha256', content))).rejects.toThrow()
  })

  it('stops in the middle of an answer: the reader is cut off, not left waiting', async () => {
    const { url, fail } = await failing()
    const objects = await open({ S3_ENDPOINT: url })
    fail.by = (_request, response) => response.writeHead(200, { 'content-length': 1000 }).write('the beginning')
    await expect(buffer(await objects.get(hash('sha256', content)))).rejects.toThrow('sent nothing')
  })
})

it('a reader that takes its time is not cut off', async () => {
  const stream = endWhenSilent(Readable.from([Buffer.from('a'), Buffer.from('b')]), 20)
  const chunks = stream[Symbol.asyncIterator]()
  await chunks.next()
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect((await chunks.next()).value?.toString()).toBe('b')
  expect((await chunks.next()).done).toBe(true)
})
