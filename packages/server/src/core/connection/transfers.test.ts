import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { measureByProgress, Transfers } from './transfers.ts'

const second = 1_000
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A request whose body is on its way, and a clock that is set by hand. */
async function begin(handle: (request: IncomingMessage, response: ServerResponse) => void = () => {}) {
  let now = 0
  const transfers = new Transfers(() => now)
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    transfers.watch(request, response)
    handle(request, response)
    server.emit('begun', request)
  })
  server.listen(0)
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port).setEncoding('utf8')
  let heard = ''
  client.on('data', (piece) => {
    heard += piece
  })
  client.on('error', () => {})
  client.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n')
  const [request] = (await once(server, 'begun')) as [IncomingMessage]
  closers.push(() => {
    client.destroy()
    server.closeAllConnections()
    server.close()
  })
  const arrived = (bytes: number) =>
    eventually(() => expect(request.socket.bytesRead).toBeGreaterThan(bytes), { interval: 1 })
  return {
    client,
    request,
    heard: () => heard,
    isGone: () => request.socket.destroyed || request.socket.writableEnded,
    send: async (bytes: number) => {
      const before = request.socket.bytesRead
      client.write('x'.repeat(bytes))
      await arrived(before + bytes - 1)
    },
    pass: (seconds: number) => {
      now += seconds * second
      transfers.look()
    },
  }
}

const ended = (socket: Socket) => once(socket, 'close')

test('a body that is read whole has a minute, however it trickles', async () => {
  const { client, heard, isGone, send, pass } = await begin((request) => request.resume())
  for (let count = 0; count < 60; count++) {
    await send(1)
    pass(1)
  }
  expect(isGone()).toBe(false)
  pass(1)
  await ended(client)
  expect(heard()).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/)
  expect(JSON.parse(heard().split('\r\n\r\n')[1] ?? '')).toMatchObject({
    message: expect.stringContaining('60 seconds'),
  })
})

test('a streamed body may take for ever at ten kilobytes a second', async () => {
  const { client, heard, isGone, send, pass } = await begin((request) => {
    measureByProgress(request)
    request.resume()
  })
  for (let count = 0; count < 300; count++) {
    await send(10_000)
    pass(1)
  }
  expect(isGone()).toBe(false)
  pass(29)
  expect(isGone()).toBe(false)
  pass(2)
  await ended(client)
  expect(heard()).toContain('10 KB a second')
})

test('a streamed body is not blamed for what the server has not read', async () => {
  const { isGone, send, pass } = await begin((request) => measureByProgress(request))
  await send(1_000)
  for (let count = 0; count < 100; count++) pass(10)
  expect(isGone()).toBe(false)
})

test('a body that goes on after its answer is let go by, then cut', async () => {
  const { client, pass, request, isGone } = await begin((_request, response) => response.end('no'))
  await once(client, 'data')
  await eventually(() => expect(request.closed || request.readableFlowing).toBeTruthy())
  pass(4)
  expect(isGone()).toBe(false)
  pass(2)
  await ended(client)
})

test('a clock that is set back cuts nobody', async () => {
  const { isGone, pass, send } = await begin((request) => {
    measureByProgress(request)
    request.resume()
  })
  pass(1)
  await send(10)
  pass(-3_600)
  pass(1)
  expect(isGone()).toBe(false)
})
