import { createServer, type Socket } from 'node:net'
import type { Checkin } from '@mason/contract/checkin'
import type { Command, NotificationOutcome } from '@mason/contract/notification'
import { generate, type Packet, parser } from 'mqtt-packet'

interface Handlers {
  isKnown: (id: string, secret: string | undefined) => boolean
  takeCheckin: (id: string, body: Checkin) => void
  takeOutcome: (id: string, outcome: NotificationOutcome) => void
  /** The commands that the device has not answered. */
  commandsFor: (id: string) => readonly Command[]
}

/** Acts as the platform's MQTT broker on loopback. */
export async function startFakeBroker(handlers: Handlers) {
  const connections = new Map<string, Socket>()
  /** The device of each login. */
  const logins: string[] = []
  /** The topic of each publish, acknowledged or not. */
  const published: string[] = []
  const settings = { isAcknowledging: true }

  function accept(socket: Socket): void {
    let id = ''
    const incoming = parser({ protocolVersion: 4 })
    const send = (packet: Packet) => void socket.write(generate(packet))

    function logIn(packet: Packet & { cmd: 'connect' }): void {
      id = packet.clientId
      const isKnown = packet.username === id && handlers.isKnown(id, packet.password?.toString())
      send({ cmd: 'connack', returnCode: isKnown ? 0 : 4, sessionPresent: false })
      if (isKnown) {
        logins.push(id)
        connections.set(id, socket)
      } else {
        socket.end()
      }
    }

    function subscribe(packet: Packet & { cmd: 'subscribe' }): void {
      send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(() => 1 as const) })
      for (const command of handlers.commandsFor(id)) push(id, command)
    }

    function take(packet: Packet & { cmd: 'publish' }): void {
      published.push(packet.topic)
      if (!settings.isAcknowledging) return
      const body = JSON.parse(packet.payload.toString())
      const [, , kind, notification] = packet.topic.split('/')
      if (kind === 'checkin') handlers.takeCheckin(id, body)
      else if (notification !== undefined) handlers.takeOutcome(id, { id: notification, ...body })
      send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
    }

    incoming.on('packet', (packet) => {
      if (packet.cmd === 'connect') logIn(packet)
      if (packet.cmd === 'subscribe') subscribe(packet)
      if (packet.cmd === 'pingreq') send({ cmd: 'pingresp' })
      if (packet.cmd === 'disconnect') socket.end()
      if (packet.cmd === 'publish') take(packet)
    })
    socket.on('data', (chunk) => incoming.parse(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      if (connections.get(id) === socket) connections.delete(id)
    })
  }

  function push(id: string, command: Command): void {
    const payload = JSON.stringify(command)
    const topic = `devices/${id}/notifications`
    connections
      .get(id)
      ?.write(generate({ cmd: 'publish', topic, payload, qos: 1, messageId: 1, dup: false, retain: false }))
  }

  // With delay, its small packets wait 40 ms for delayed acknowledgments, which no fake clock counts.
  const server = createServer({ noDelay: true }, accept)
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of connections.values()) socket.destroy()
  }
  await listen(0)
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  return {
    url: `mqtt://127.0.0.1:${port}`,
    connections,
    logins,
    published,
    settings,
    push,
    /** Cuts every connection. */
    cut,
    /** Cuts every connection and accepts no new one. */
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      cut()
      await closed
    },
    /** Listens on the same port again. */
    start: () => listen(port),
  }
}
