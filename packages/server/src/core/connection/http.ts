import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { admitAll, handshakeMs, headersMs } from './admit.ts'
import type { Connections } from './connections.ts'
import { Transfers } from './transfers.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

interface Options {
  connections: Connections
  certificate: SecureContextOptions | undefined
  /** Whether a request's Upgrade is wanted; any other is served as if it had none (RFC 9110 §7.8). */
  isUpgradeWanted: (request: IncomingMessage) => boolean
}

/** Longer than proxies keep theirs, so that they do not send on one that is about to end. */
const keepAliveMs = 72_000
/** An answer of which nothing is taken for so long, or for twice that, is given up; a connection that is silent from its start, at once. */
const stallMs = 30_000
const checkEveryMs = 2_000

/** Makes HTTP servers whose connections are governed: who may have one, and how long each step may take. */
export function httpServers({ connections, certificate, isUpgradeWanted }: Options): (handler: Handler) => Server {
  const transfers = new Transfers()
  const options: ServerOptions = {
    // A request without Host is refused in the form of every other error.
    requireHostHeader: false,
    connectionsCheckingInterval: checkEveryMs,
    headersTimeout: headersMs,
    // Bodies are looked after by the transfers, for uploads are measured by their progress.
    requestTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    shouldUpgradeCallback: isUpgradeWanted,
  }
  return (handler) => {
    const serve: Handler = (request, response) => {
      // What is written to somebody who has gone, or after the end, is no reason to end the process.
      response.on('error', () => {})
      response.once('close', connections.begin(request.socket))
      transfers.watch(request, response)
      handler(request, response)
    }
    const server = certificate
      ? createTlsServer({ ...options, ...certificate, handshakeTimeout: handshakeMs }, serve)
      : createServer(options, serve)
    admitAll(server, connections)
    server.setTimeout(stallMs, (socket) => endIdle(socket, connections))
    server.once('listening', () => transfers.start()).once('close', () => transfers.stop())
    return server
  }
}

/** Nothing has moved for a while: the client waits for us, or we for it. */
function endIdle(socket: Socket, connections: Connections): void {
  if (!connections.isBusy(socket) || socket.writableLength > 0) socket.destroy()
}
