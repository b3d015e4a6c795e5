import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import type { DeviceLookup, VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Governance } from '../../core/connection/govern.ts'
import { refuse } from '../../core/connection/refuse.ts'
import type { Reach } from '../reach/reach.ts'

const path = /^\/agent\/ws\/([0-9a-f-]{36})\/?(?:\?|$)/i

/** Whether an agent wants to be woken over a WebSocket. */
export const isWakeUpgrade = ({ method, url = '', headers }: IncomingMessage): boolean =>
  method === 'GET' && path.test(url) && headers.upgrade?.toLowerCase() === 'websocket'

export const bearerOf = (authorization: string | undefined): string =>
  /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''

/** Agents say nothing over it. */
const maxPayload = 1_024
const pingEveryMs = 50_000
/** What an agent has done it says at its next check-in, for which it is woken once more. */
const againAfterMs = 1_000
const wake = JSON.stringify({ wake: 'commands' })

interface Options {
  http: FastifyInstance
  reach: Reach
  findDevice: DeviceLookup
  governance: Pick<Governance, 'connections'>
}

/** Wakes agents over WebSockets, so that they look for their commands at once. */
export interface Wakes {
  /** Wakes a device in a moment, if it is here: it has something to say by then. */
  again(deviceId: string): void
  stop(): void
}

export function openWakes({ http, reach, findDevice, governance: { connections } }: Options): Wakes {
  const sockets = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false })
  const here = new Map<string, WebSocket>()
  sockets.on('wsClientError', (error, socket) => refuse(socket, error.message, {}))

  const hold = (device: VerifiedDevice, client: WebSocket): void => {
    here.get(device.id)?.terminate()
    here.set(device.id, client)
    let isAlive = true
    const ping = setInterval(() => {
      if (!isAlive) return client.terminate()
      isAlive = false
      client.ping()
    }, pingEveryMs).unref()
    client.on('pong', () => {
      isAlive = true
    })
    client.on('error', () => client.terminate())
    client.once('close', () => {
      clearInterval(ping)
      if (here.get(device.id) !== client) return
      here.delete(device.id)
      reach.leave(device.id)
    })
    const hearer = { hear: () => client.send(wake), end: () => client.terminate() }
    reach.arrive(device, hearer).catch(() => client.terminate())
  }

  http.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!isWakeUpgrade(request)) return
    socket.on('error', () => socket.destroy())
    const [, id = ''] = path.exec(request.url ?? '') ?? []
    Promise.resolve(findDevice(id, bearerOf(request.headers.authorization)))
      .then((device) => {
        if (!device) return refuse(socket, 'The device credential is unknown or was replaced', { status: 401 })
        if (socket.destroyed) return
        connections.know(socket)
        socket.once('close', connections.begin(socket))
        sockets.handleUpgrade(request, socket, head, (client) => hold(device, client))
      })
      .catch(() => refuse(socket, 'The service is not available for the moment', { status: 503 }))
  })

  return {
    again: (deviceId) => {
      setTimeout(() => {
        const client = here.get(deviceId)
        if (client?.readyState === client?.OPEN) client?.send(wake)
      }, againAfterMs).unref()
    },
    stop: () => {
      for (const client of here.values()) client.terminate()
    },
  }
}
