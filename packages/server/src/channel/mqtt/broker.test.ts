import { randomUUID } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { generate, type Packet, parser } from 'mqtt-packet'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { connectDevice, type MqttDevice } from '../../../test/mqtt-device.ts'

const platform = usePlatform({ DEVICE_RATE_PER_SECOND: '1000', DEVICE_RATE_BURST: '1000' })
const open: MqttDevice[] = []
const connect = async (device: TestDevice) => {
  const connected = await connectDevice(`mqtt://127.0.0.1:${platform.mqttPort}`, device, true)
  open.push(connected)
  return connected
}
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ client }) => client.endAsync(true)))
})

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
/** What buffers and the heap hold once all that can be freed is. */
function heldBytes(): number {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** A connection without a client library, for what none would send. */
async function openRaw({ id, secret }: TestDevice, { keepalive = 60, will = '' } = {}) {
  const socket = connectTcp(platform.mqttPort, '127.0.0.1')
  const packets: Packet[] = []
  const incoming = parser({ protocolVersion: 4 })
  incoming.on('packet', (packet) => packets.push(packet))
  socket.on('data', (bytes) => incoming.parse(bytes))
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.write(
    generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: false,
      clientId: id,
      username: id,
      password: Buffer.from(secret),
      keepalive,
      ...(will && { will: { topic: `devices/${id}/checkin`, payload: Buffer.from(will), qos: 1, retain: true } }),
    }),
  )
  const until = (cmd: Packet['cmd'], count: number) =>
    eventually(() => expect(packets.filter((packet) => packet.cmd === cmd)).toHaveLength(count))
  await until('connack', 1)
  return { socket, packets, closed, until }
}

test('nothing that a device wants kept stays in memory', async () => {
  const device = await newDevice(platform, await platform.newAccount())
  const { client, checkIn } = await connect(device)
  await checkIn({ partial: true })
  const before = heldBytes()
  for (let sent = 0; sent < 45; sent++) {
    const topic = `devices/${device.id}/notifications/${randomUUID()}`
    const payload = `{"state":"acknowledged"}${' '.repeat(2 ** 20 - 200)}`
    await client.publishAsync(topic, payload, { qos: ([0, 1, 2] as const)[sent % 3] ?? 0, retain: true })
  }
  await checkIn({ partial: true })
  for (let comes = 0; comes < 20; comes++) {
    const { socket, until } = await openRaw(device, { will: `{"battery":{"level":"13"},"x":"${'x'.repeat(15_000)}"}` })
    const subscriptions = [{ topic: `devices/${device.id}/notifications`, qos: 2 as const }]
    socket.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions }))
    await until('suback', 1)
    socket.destroy()
  }
  // Far below the 45 MB that were sent, far above what a connection and the test itself need. What passes lets go of what it held.
  await eventually(() => expect(heldBytes() - before).toBeLessThan(15 * 2 ** 20), { interval: 200 })
})

test('a message that is never released holds up nothing, and its id is known for as long as the connection lasts', async () => {
  const device = await newDevice(platform, await platform.newAccount())
  const { socket, until } = await openRaw(device)
  const topic = `devices/${device.id}/checkin`
  const send = (messageId: number) =>
    socket.write(
      generate({ cmd: 'publish', topic, payload: '{"partial":true}', qos: 2, messageId, dup: false, retain: true }),
    )
  for (let messageId = 1; messageId <= 300; messageId++) send(messageId)
  await until('pubrec', 300)
  socket.write(generate({ cmd: 'pubrel', messageId: 7 }))
  await until('pubcomp', 1)
  socket.destroy()
})

test('filters that are refused are answered so, however many there are', async () => {
  const device = await newDevice(platform, await platform.newAccount())
  const { socket, packets, until } = await openRaw(device)
  for (let messageId = 1; messageId <= 4; messageId++) {
    const subscriptions = Array.from({ length: 1_000 }, (_, index) => ({ topic: `+/${index}/#`, qos: 1 as const }))
    socket.write(generate({ cmd: 'subscribe', messageId, subscriptions }))
    socket.write(generate({ cmd: 'unsubscribe', messageId, unsubscriptions: subscriptions.map(({ topic }) => topic) }))
  }
  await until('suback', 4)
  const granted = packets.flatMap((packet) => (packet.cmd === 'suback' ? packet.granted : []))
  expect(new Set(granted)).toEqual(new Set([128]))
  socket.write(generate({ cmd: 'pingreq' }))
  await until('pingresp', 1)
  socket.destroy()
})

test.each<[string, Packet]>([
  ['a filter without end', { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'x'.repeat(60_000), qos: 0 }] }],
  ['filters without end', { cmd: 'unsubscribe', messageId: 1, unsubscriptions: ['x'.repeat(60_000)] }],
])('a connection ends that sends %s', async (_name, packet) => {
  const { socket, closed } = await openRaw(await newDevice(platform, await platform.newAccount()))
  socket.write(generate(packet))
  await closed
})

test('pings and acknowledgements without end are slowed down and not cut', async () => {
  const device = await newDevice(platform, await platform.newAccount())
  const { socket, until } = await openRaw(device)
  socket.write(Buffer.concat(Array.from({ length: 1_100 }, () => generate({ cmd: 'pingreq' }))))
  await until('pingresp', 1_100)
  socket.destroy()
})

test('a connection ends that says nothing for longer than it promised', async () => {
  const { closed } = await openRaw(await newDevice(platform, await platform.newAccount()), { keepalive: 1 })
  await closed
})
