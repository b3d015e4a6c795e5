import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { AppError } from '../errors.ts'
import type { Connections } from './connections.ts'
import { longestMessage, withShortMessages } from './short-messages.ts'

/** A socket that HTTP has let go of, and what arrived behind its request. */
interface Upgrade {
  socket: Socket
  head: Buffer
  /** Ends the connection with an answer that refuses. */
  refused: () => void
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>()

/** The paths whose routes answer with a WebSocket; what any other is asked to become is passed over (RFC 9110 §7.8). */
const paths = /^\/(v1\/global|agent\/v1)\/xray\//

/** Whether a request asks for a WebSocket where a route answers with one. */
export const isRouteUpgrade = ({ method, url = '', headers }: IncomingMessage): boolean =>
  method === 'GET' && paths.test(url) && headers.upgrade?.toLowerCase() === 'websocket'

/** Sends requests for WebSockets through the routes like any other: they are let in, refused and audited in the same way. */
export function routeUpgrades(http: FastifyInstance): void {
  http.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!isRouteUpgrade(request)) return
    // HTTP lets go of the socket here: a reset between the steps must find a listener.
    socket.on('error', () => socket.destroy())
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    const refused = () => socket.destroySoon()
    response.once('finish', refused)
    upgrades.set(request, { socket, head, refused })
    http.server.emit('request', request, response)
  })
}

const webSockets = new WebSocketServer({
  ...{ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: longestMessage },
})

/** A WebSocket that is not read yet, and the connection below it. */
export interface Upgraded {
  webSocket: WebSocket
  socket: Socket
}

/**
 * Makes a WebSocket of a request that has been let in, without sub-protocol and extensions; the route answers nothing more.
 *
 * @returns undefined when whoever asked is gone.
 * @throws AppError when the request asks for none, or not as RFC 6455 §4.1 says.
 */
export function upgrade(
  request: FastifyRequest,
  reply: FastifyReply,
  connections: Connections,
): Promise<Upgraded | undefined> {
  const { socket, head, refused } = requireUpgrade(request)
  const response = reply.raw
  reply.hijack()
  // The answer is over, and the socket is busy for as long as it is open.
  connections.know(socket)
  socket.once('close', connections.begin(socket))
  response.statusCode = 101
  response.off('finish', refused)
  response.detachSocket(socket)
  response.emit('finish')
  response.emit('close')
  // No sub-protocol is agreed upon, whatever is offered.
  delete request.raw.headers['sec-websocket-protocol']
  if (!socket.readable || !socket.writable) {
    socket.destroy()
    return Promise.resolve(undefined)
  }
  socket.unshift(head)
  return new Promise((resolve) => {
    webSockets.handleUpgrade(request.raw, withShortMessages(socket), Buffer.alloc(0), (webSocket) => {
      webSocket.pause()
      resolve({ webSocket, socket })
    })
    resolve(undefined)
  })
}

/** @throws AppError when a request asks for no WebSocket, or not as it should. */
export function requireUpgrade({ raw }: FastifyRequest): Upgrade {
  const found = upgrades.get(raw)
  if (!found) throw new AppError('invalid_request_error', 'This is a WebSocket: ask for it with `Upgrade: websocket`')
  const { 'sec-websocket-version': version, 'sec-websocket-key': key = '' } = raw.headers
  if (version !== '13') throw new AppError('invalid_request_error', 'Sec-WebSocket-Version must be 13')
  if (!/^[+/\dA-Za-z]{22}==$/.test(key))
    throw new AppError('invalid_request_error', 'Sec-WebSocket-Key must be 16 bytes in base64')
  return found
}
