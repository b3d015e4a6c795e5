// The floor of the device channel: aedes on TCP and nothing else.
import { createServer, type Server } from 'node:net'
import { Aedes } from 'aedes'
import { answerOrders } from '../worker.ts'
import type { BrokerOrder } from './broker.ts'

const broker = await Aedes.createBroker({ concurrency: 1_000, maxClientsIdLength: 36 })
const server: Server = createServer((socket) => {
  socket.setNoDelay(true)
  broker.handle(socket)
})

answerOrders(async (order: BrokerOrder) => {
  if (order.do === 'listen') {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as { port: number }).port
  }
  if (order.do === 'count') return broker.connectedClients
  const payload = Buffer.alloc(order.payloadBytes, 'x')
  for (const id of order.ids) {
    const packet = {
      cmd: 'publish' as const,
      topic: `devices/${id}/notifications`,
      payload,
      qos: order.qos,
      retain: false,
      dup: false,
    }
    if (order.via === 'broker') broker.publish(packet, () => {})
    else clients[id]?.publish(packet, () => {})
  }
})
const { clients } = broker as unknown as { clients: Record<string, { publish: typeof broker.publish }> }
