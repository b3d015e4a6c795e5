import type { Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Connections } from './connections.ts'
import { Turnstile } from './turnstile.ts'

/** Headers must be whole within this; a silent connection never is. */
export const headersMs = 30_000
export const handshakeMs = 10_000

/** A handshake holds up everything else for a millisecond or two. */
const handshakesInTurn = 8

/** Governs whatever a server accepts, a TLS server from before the handshake on. */
export function admitAll(server: Server, connections: Connections): void {
  if (!isTls(server)) {
    server.on('connection', (socket: Socket) => connections.admit(socket))
    return
  }
  const handshakes = new Map<string, Socket>()
  const begin = beginInTurns(server)
  server.on('connection', (socket: Socket) => {
    connections.admit(socket)
    if (socket.destroyed) return
    const endpoint = endpointOf(socket)
    handshakes.set(endpoint, socket)
    socket.once('close', () => handshakes.delete(endpoint))
    begin(socket)
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    const raw = handshakes.get(endpointOf(socket))
    if (raw) connections.secure(raw, socket)
  })
  server.on('tlsClientError', (_error, socket: TLSSocket) => socket.destroy())
}

/** Takes the handshakes of a TLS server over: each begins when its client has spoken and its turn has come. */
function beginInTurns(server: Server): (socket: Socket) => void {
  const own = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  const turnstile = new Turnstile<Socket>({
    inTurn: handshakesInTurn,
    // All that are admitted may wait: `Connections` says how many.
    max: Number.POSITIVE_INFINITY,
    patienceMs: handshakeMs,
    pass: (socket) => {
      for (const listener of own) listener.call(server, socket)
    },
    refuse: (socket) => socket.destroy(),
  })
  return (socket) => {
    const silence = setTimeout(() => socket.destroy(), handshakeMs).unref()
    socket.once('readable', () => {
      clearTimeout(silence)
      if (!socket.destroyed) turnstile.enter(socket)
    })
    socket.once('close', () => {
      clearTimeout(silence)
      turnstile.leave(socket)
    })
  }
}

const isTls = (server: Server) => 'setSecureContext' in server
const endpointOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
