import { createServer, type Server } from 'node:https'
import { networkInterfaces } from 'node:os'
import { connect, type TLSSocket } from 'node:tls'
import { WebSocket, WebSocketServer } from 'ws'
import { type Config, workersOf } from '../../config.ts'
import { longestMessage } from '../../core/connection/short-messages.ts'
import type { Sealer } from '../../core/sealer.ts'
import { isAnyAddress } from '../../core/settings/url.ts'
import { Side } from './side.ts'

/** The connections between the nodes of a platform, over which the data of X-Ray pass when client and device are at different ones. */
export interface NodeLinks {
  /** Where other nodes reach this one; it listens from the first time on that it is asked for. */
  address(): Promise<string>
  /** Connects to another node. The first text says which side of which session it is for. */
  dial(address: string): Promise<Side>
  /** Is told of each side that another node brings, and of its first text. */
  onSide(listener: (word: string, side: Side) => void): void
  close(): void
}

const identity = 'mason'
/** Both sides show that they have the platform's key, and nobody else can read along, without certificates (RFC 5489, RFC 7905). */
const suite = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
const handshakeMs = 5_000
const webSocketOptions = { perMessageDeflate: false, maxPayload: longestMessage }

export function openNodeLinks(
  config: Pick<Config, 'HOST' | 'WORKERS' | 'NODE_HOST' | 'NODE_PORT'>,
  sealer: Sealer,
): NodeLinks {
  const psk = sealer.derive('the links between nodes')
  const listeners: ((word: string, side: Side) => void)[] = []
  const sockets = new Set<TLSSocket>()
  let server: Promise<Server> | undefined

  const keep = (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy())
    sockets.add(socket.once('close', () => sockets.delete(socket)))
  }
  const accept = (webSocket: WebSocket, socket: TLSSocket) => {
    webSocket.pause()
    const side = new Side({ webSocket, socket })
    const unsaid = setTimeout(() => webSocket.terminate(), handshakeMs).unref()
    // Whoever holds the session that the first text names reads on.
    side.open({
      text: (word) => {
        clearTimeout(unsaid)
        for (const listener of listeners) listener(word, side)
      },
      data: () => {},
      drained: () => {},
      closed: () => clearTimeout(unsaid),
    })
  }
  const listen = async (): Promise<Server> => {
    const made = createServer({
      ...suite,
      handshakeTimeout: handshakeMs,
      pskIdentityHint: identity,
      pskCallback: (_socket, given) => (given === identity ? psk : null),
    })
    made.on('tlsClientError', (_error, socket) => socket.destroy())
    made.on('connection', (socket) => socket.on('error', () => socket.destroy()))
    made.on('secureConnection', keep)
    const webSockets = new WebSocketServer({ ...webSocketOptions, server: made, clientTracking: false })
    webSockets.on('error', () => {})
    webSockets.on('connection', (webSocket, { socket }) => accept(webSocket, socket as TLSSocket))
    await listenOnFirstFree(made, config)
    return made
  }
  return {
    address: async () => {
      server ??= listen()
      server.catch(() => {
        server = undefined
      })
      const { port } = (await server).address() as { port: number }
      const host = config.NODE_HOST ?? (isAnyAddress(config.HOST) ? firstAddress() : config.HOST)
      return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    },
    dial: (address) =>
      new Promise((resolve, reject) => {
        const { hostname, port } = new URL(`tcp://${address}`)
        const socket = connect({
          ...suite,
          host: hostname.replace(/^\[|\]$/g, ''),
          port: Number(port),
          pskCallback: () => ({ psk, identity }),
          checkServerIdentity: () => undefined,
        })
        keep(socket)
        const webSocket = new WebSocket(`ws://${address}`, {
          ...{ ...webSocketOptions, handshakeTimeout: handshakeMs, createConnection: () => socket },
        })
        webSocket.once('error', reject)
        webSocket.once('open', () => {
          webSocket.pause()
          resolve(new Side({ webSocket, socket }))
        })
      }),
    onSide: (listener) => void listeners.push(listener),
    close: () => {
      void server?.then((one) => one.close())
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** The workers of a machine take one port each, from NODE_PORT on. */
async function listenOnFirstFree(
  server: Server,
  { HOST: host, WORKERS, NODE_PORT: first }: Pick<Config, 'HOST' | 'WORKERS' | 'NODE_PORT'>,
): Promise<void> {
  const last = first === 0 ? 0 : first + workersOf({ WORKERS }) - 1
  for (let port = first; ; port++)
    try {
      return await new Promise((resolve, reject) => {
        server.once('error', reject)
        // Each worker has its own, though they share the others.
        server.listen({ host, port, exclusive: true }, () => {
          server.off('error', reject)
          server.on('error', () => {})
          resolve()
        })
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || port >= last) throw error
    }
}

function firstAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const outer = all.filter(({ internal }) => !internal)
  return (outer.find(({ family }) => family === 'IPv4') ?? outer[0])?.address ?? '127.0.0.1'
}
