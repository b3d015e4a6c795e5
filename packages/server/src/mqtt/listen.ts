import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { Config } from '../config.ts'
import { clientAddress, type Trust } from '../settings/proxy.ts'
import type { Gateway } from './gateway.ts'

const path = '/mqtt'
const frameLimit = 2 ** 20

/** MQTT over WebSocket on the HTTP port, sub-protocol `mqtt` (MQTT 3.1.1 §6). */
export function upgradeToMqtt(http: FastifyInstance, gateway: Gateway, trust?: Trust): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: frameLimit,
    perMessageDeflate: false,
    handleProtocols: (offered) => ['mqtt', 'mqttv3.1'].find((protocol) => offered.has(protocol)) ?? false,
  })
  http.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (request.url?.split('?', 1)[0] !== path) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      gateway.accept(createWebSocketStream(client), clientAddress(request, trust))
    })
  })
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
export async function listenForMqtt(config: Config, gateway: Gateway, log: Log): Promise<MqttListener | undefined> {
  if (config.MQTT_PORT === 0) return undefined
  const accept = (socket: Socket) => {
    socket.setNoDelay(true)
    gateway.accept(socket, socket.remoteAddress ?? 'unknown')
  }
  const server: Server =
    config.MQTT_TLS_CERT && config.MQTT_TLS_KEY
      ? createTlsServer({ cert: readFileSync(config.MQTT_TLS_CERT), key: readFileSync(config.MQTT_TLS_KEY) }, accept)
      : createServer(accept)
  try {
    await listen(server, config.MQTT_PORT ?? standardPort, config.HOST)
  } catch (error) {
    if (config.MQTT_PORT !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
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

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}
