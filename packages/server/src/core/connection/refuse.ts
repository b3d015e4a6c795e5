import { randomBytes } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Answers on a socket that no route has, in the form of every other error, and ends it. */
export function refuse(
  socket: Duplex,
  message: string,
  { status = 400, type = 'invalid_request_error', headers = {} as Record<string, string> } = {},
): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const requestId = randomBytes(6).toString('base64url')
  const body = JSON.stringify({ type, message, requestId })
  const lines = Object.entries({
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
    Connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  // Whoever does not read it, or does not hang up, is not waited for.
  setTimeout(() => socket.destroy(), lingerMs).unref()
}

const lingerMs = 2_000

const sentences: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'The headers are too large',
  ERR_HTTP_REQUEST_TIMEOUT: 'The headers must be whole within 30 seconds',
}

/** What is not HTTP at all never reaches a route. */
export function refuseBroken(error: Error & { code?: string }, socket: Socket): void {
  // One that was waited for, or is gone, is told nothing.
  if (error.code === 'ECONNRESET' || socket.bytesRead === 0) socket.destroy()
  else refuse(socket, sentences[error.code ?? ''] ?? 'The request is not valid HTTP')
}
