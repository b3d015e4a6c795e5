import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

type Reply = (response: ServerResponse, request: IncomingMessage) => void

/** Answers with a status, a body (JSON unless it is text) and headers. */
export const reply =
  (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
  }

/** Cuts the connection before any answer. */
export const hangUp: Reply = (_, request) => request.socket.destroy()

/** Cuts the connection in the middle of an answer. */
export const hangUpHalfway: Reply = (response, request) => {
  response.writeHead(200, { 'Content-Length': '100' })
  response.write('{"data":', () => request.socket.destroy())
}

/** Takes the request and never answers. */
export const silence: Reply = () => {}

/**
 * An HTTP server on loopback that gives the replies in turn, the last one over and over, and keeps what it was asked.
 * It stops when the test does.
 */
export async function fakeApi(...replies: [Reply, ...Reply[]]) {
  const requests: { method?: string; url?: string; headers: IncomingMessage['headers']; body: string }[] = []
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request
    requests.push({ method, url, headers, body: await text(request) })
    const next = replies[Math.min(requests.length, replies.length) - 1] ?? replies[0]
    next(response, request)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}
