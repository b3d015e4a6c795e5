import type { Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Connections } from './connections.ts'

/** Headers must be whole within this; a silent connection never is. */
export const headersMs = 30_000
export const handshakeMs = 10_000

/** Governs whatever a server accepts, a TLS server from before the handshake on. */
export function admitAll(server: Server, connections: Connections): void {
  const handshakes = new Map<string, Socket>()
  server.on('connection', (socket: Socket) => {
    connections.admit(socket)
    if (!isTls(server) || socket.destroyed) return
    const endpoint = endpointOf(socket)
    handshakes.set(endpoint, socket)
    socket.once('close', () => handshakes.delete(endpoint))
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    const raw = handshakes.get(endpointOf(socket))
    if (raw) connections.secure(raw, socket)
  })
  server.on('tlsClientError', (_error, socket: TLSSocket) => socket.destroy())
}

const isTls = (server: Server) => 'setSecureContext' in server
const endpointOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
