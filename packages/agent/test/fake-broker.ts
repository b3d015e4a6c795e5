import { createServer, type Socket } from 'node:net'
import type { Checkin } from '@mason/contract/checkin'
import type { Command, NotificationOutcome } from '@mason/contract/notification'
import { generate, type Packet, parser } from 'mqtt-packet'

interface Desk {
  isKnown: (id: string, secret: string | undefined) => boolean
  takeCheckin: (id: string, body: Checkin) => void
  takeOutcome: (id: string, outcome: NotificationOutcome) => void
  /** What the device has not answered yet. */
  commandsFor: (id: string) => readonly Command[]
}

/** Plays the platform's MQTT side on loopback. */
export async function startFakeBroker(desk: Desk) {
  const connections = new Map<string, Socket>()
  /** How often each device has connected. */
  const logins: string[] = []
  /** Topics that were published to, acknowledged or not. */
  const published: string[] = []
  const settings = { isAcknowledging: true }

  function attend(socket: Socket): void {
    let id = ''
    const incoming = parser({ protocolVersion: 4 })
    const send = (packet: Packet) => void socket.write(generate(packet))
    incoming.on('packet', (packet) => {
      if (packet.cmd === 'connect') {
        id = packet.clientId
        const isKnown = packet.username === id && desk.isKnown(id, packet.password?.toString())
        send({ cmd: 'connack', returnCode: isKnown ? 0 : 4, sessionPresent: false })
        if (!isKnown) return socket.end()
        logins.push(id)
        connections.set(id, socket)
      }
      if (packet.cmd === 'subscribe') {
        send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(() => 1 as const) })
        for (const command of desk.commandsFor(id)) push(id, command)
      }
      if (packet.cmd === 'pingreq') send({ cmd: 'pingresp' })
      if (packet.cmd === 'disconnect') socket.end()
      if (packet.cmd === 'publish') {
        published.push(packet.topic)
        if (!settings.isAcknowledging) return
        const body = JSON.parse(packet.payload.toString())
        const [, , kind, notification] = packet.topic.split('/')
        if (kind === 'checkin') desk.takeCheckin(id, body)
        else if (notification !== undefined) desk.takeOutcome(id, { id: notification, ...body })
        send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
      }
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

  // Else its small packets wait for delayed acknowledgements, 40 ms that no clock of a test knows of.
  const server = createServer({ noDelay: true }, attend)
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
    /** Cuts every connection and takes no new one. */
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      cut()
      await closed
    },
    /** Listens again where it did. */
    start: () => listen(port),
  }
}
