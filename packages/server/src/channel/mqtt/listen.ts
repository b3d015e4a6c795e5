import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { Config } from '../../config.ts'
import { admitAll, handshakeMs } from '../../core/connection/admit.ts'
import { readCertificate } from '../../core/connection/certificates.ts'
import type { Connections } from '../../core/connection/connections.ts'
import type { Governance } from '../../core/connection/govern.ts'
import { refuse } from '../../core/connection/refuse.ts'
import { clientAddress } from '../../core/settings/proxy.ts'
import { explainListen } from '../../core/start/listen.ts'
import type { Gateway } from './gateway.ts'

const paths = ['/mqtt', '/mqtt/']
/** A frame is gathered before it is read. What is larger than a message may be is skipped, so that it is not sent for ever. */
const frameLimit = 2 ** 22

/** Where devices' connections go, whatever they came in by. */
export interface Channel extends Pick<Governance, 'connections' | 'certificates'> {
  gateway: Gateway
}

/** Whether a request wants to speak MQTT over WebSocket. */
export const isMqttUpgrade = ({ method, url, headers }: IncomingMessage): boolean =>
  method === 'GET' && paths.includes(url?.split('?', 1)[0] ?? '') && headers.upgrade?.toLowerCase() === 'websocket'

/** MQTT over WebSocket on the HTTP port, sub-protocol `mqtt` (MQTT 3.1.1 §6). */
export function upgradeToMqtt(http: FastifyInstance, gateway: Gateway, { connections, trust }: Governance): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: frameLimit,
    perMessageDeflate: false,
    handleProtocols: (offered) => ['mqtt', 'mqttv3.1'].find((protocol) => offered.has(protocol)) ?? false,
  })
  sockets.on('wsClientError', (error, socket) =>
    refuse(socket, error.message, { headers: { 'Sec-WebSocket-Version': '13' } }),
  )
  http.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!isMqttUpgrade(request)) return
    // HTTP lets go of the socket here: a reset between the steps must find a listener.
    socket.on('error', () => socket.destroy())
    sockets.handleUpgrade(request, socket, head, (client) => {
      const stream = createWebSocketStream(client)
      stream.on('error', () => client.terminate())
      gateway.accept(stream, clientAddress(request, trust), () => hold(socket, connections))
    })
  })
}

/** A device has shown who it is: it keeps its connection when there are too many. */
function hold(socket: Socket, connections: Connections): void {
  connections.know(socket)
  socket.once('close', connections.begin(socket))
}

interface Log {
  warn(message: string): void
}

export interface MqttListener {
  port: number
  close(): Promise<void>
}

const standardPort = 1883

/**
 * MQTT over TCP, or over TLS where a certificate is configured; not at all with port 0. That the standard port is taken is
 * no reason not to start when nobody asked for it.
 */
export async function listenForMqtt(config: Config, channel: Channel, log: Log): Promise<MqttListener | undefined> {
  if (config.MQTT_PORT === 0) return undefined
  const server = createListener(config, channel)
  try {
    await listen(server, config.MQTT_PORT ?? standardPort, config.HOST)
  } catch (error) {
    if (config.MQTT_PORT !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE')
      throw explainListen(error, config, 'MQTT_PORT')
    log.warn(
      `Port ${standardPort} is in use: devices connect by MQTT over WebSocket only (MQTT_PORT sets another port)`,
    )
    return undefined
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** What arrives is governed before it is accepted; a refused connection is gone by then. */
function createListener(config: Config, { gateway, connections, certificates }: Channel): Server {
  const accept = (socket: Socket) => {
    if (socket.destroyed) return
    socket.setNoDelay(true)
    gateway.accept(socket, socket.remoteAddress ?? 'unknown', () => hold(socket, connections))
  }
  const settings = ['MQTT_TLS_CERT', 'MQTT_TLS_KEY'] as const
  const certificate = readCertificate(config, settings)
  if (!certificate) {
    const server = createServer()
    admitAll(server, connections)
    return server.on('connection', accept)
  }
  const server = createTlsServer({ ...certificate, handshakeTimeout: handshakeMs })
  admitAll(server, connections)
  certificates.keep(server, settings)
  return server.on('secureConnection', accept)
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}
