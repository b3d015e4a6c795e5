import { randomUUID } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import { getDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { listNotifications, notifyDevice } from '@mason/contract/notification'
import type { IClientOptions } from 'mqtt'
import { generate, type Packet, parser } from 'mqtt-packet'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type Platform, type TestAccount, usePlatform } from '../../../test/harness.ts'
import { connectDevice, type MqttDevice } from '../../../test/mqtt-device.ts'

const open: MqttDevice[] = []
const transports = ['TCP', 'WebSocket'] as const
type Transport = (typeof transports)[number]
const urlOf = ({ url, mqttPort }: Platform, transport: Transport) =>
  transport === 'TCP' ? `mqtt://127.0.0.1:${mqttPort}` : `${url.replace('http', 'ws')}/mqtt`

async function connect(platform: Platform, device: TestDevice, transport: Transport = 'TCP', options?: IClientOptions) {
  const connected = await connectDevice(urlOf(platform, transport), device, true, options)
  open.push(connected)
  return connected
}
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ client }) => client.endAsync(true)))
})

const levelOf = async (account: TestAccount, { id }: TestDevice) =>
  (await account.call(getDevice, { id })).data[0]?.battery?.level
const untilLevel = (account: TestAccount, device: TestDevice, level: number) =>
  eventually(async () => expect(await levelOf(account, device)).toBe(String(level)))
const report = (level: number) => ({ partial: true, battery: { level: String(level) } }) as const

describe('a device that is faster than its rate', () => {
  const platform = usePlatform({ DEVICE_RATE_PER_SECOND: '400', DEVICE_RATE_BURST: '60' })

  const cases = transports.flatMap((transport) => [61, 500].map((count) => [count, transport] as const))
  test.each(cases)('has %i check-ins at once acknowledged and kept, over %s', async (count, transport) => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const { checkIn, client } = await connect(platform, device, transport)
    await Promise.all(Array.from({ length: count }, (_, index) => checkIn(report(index % 100))))
    expect(client.connected).toBe(true)
    expect(await levelOf(account, device)).toBe(String((count - 1) % 100))
  })

  test.each(transports)('is not cut when it asks for no acknowledgement, over %s', async (transport) => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const { client, checkIn } = await connect(platform, device, transport)
    for (let sent = 0; sent < 300; sent++)
      client.publish(`devices/${device.id}/checkin`, JSON.stringify(report(sent % 100)), { qos: 0 })
    await untilLevel(account, device, 99)
    await checkIn(report(50))
    expect(await levelOf(account, device)).toBe('50')
  })

  test('may send all of it behind its CONNECT, in one piece', async () => {
    const device = await newDevice(platform, await platform.newAccount())
    const { socket, acknowledged } = await openRaw(device)
    const checkins = Array.from({ length: 200 }, (_, index) => publish(device, 'checkin', report(1), index + 1))
    socket.write(Buffer.concat([connectPacket(device, 60), ...checkins]))
    await acknowledged(200)
    socket.destroy()
  })

  const openRaw = async (_device: TestDevice) => {
    const socket = connectTcp(platform.mqttPort, '127.0.0.1')
    const packets: Packet[] = []
    const incoming = parser({ protocolVersion: 4 })
    incoming.on('packet', (packet) => packets.push(packet))
    socket.on('data', (bytes) => incoming.parse(bytes))
    socket.on('error', () => {})
    const acknowledged = (count: number) =>
      eventually(() => expect(packets.filter(({ cmd }) => cmd === 'puback')).toHaveLength(count))
    return { socket, packets, acknowledged }
  }
})

const connectPacket = ({ id, secret }: TestDevice, keepalive: number) =>
  generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: id,
    username: id,
    password: Buffer.from(secret),
    keepalive,
  })
const publish = ({ id }: TestDevice, topic: string, body: unknown, messageId: number) =>
  generate({
    cmd: 'publish',
    topic: `devices/${id}/${topic}`,
    payload: JSON.stringify(body),
    qos: 1,
    messageId,
    dup: false,
    retain: false,
  })

describe('a device that is held back', () => {
  const platform = usePlatform({ DEVICE_RATE_PER_SECOND: '1', DEVICE_RATE_BURST: '1' })

  test.each(transports)('is not taken for dead, nor takes the server for dead, over %s', async (transport) => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const { client } = await connect(platform, device, transport, { keepalive: 1 })
    const onClose = vi.fn()
    client.on('close', onClose)
    for (let level = 0; level < 5; level++)
      client.publish(`devices/${device.id}/checkin`, JSON.stringify(report(level)), { qos: 0 })
    await untilLevel(account, device, 4)
    expect(onClose).not.toHaveBeenCalled()
  })

  test('holds up nobody else, nor an answer of its own to a command', async () => {
    const account = await platform.newAccount()
    const [flood, calm] = [await newDevice(platform, account), await newDevice(platform, account)]
    const flooding = await connect(platform, flood)
    const waiting = Promise.all(Array.from({ length: 500 }, () => flooding.checkIn(report(1))))
    waiting.catch(() => {})
    await (await connect(platform, calm)).checkIn(report(2))
    expect(await levelOf(account, calm)).toBe('2')
    expect(flooding.client.connected).toBe(true)
  })

  test('over HTTP is told when to come back, and no part of what it said was taken', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await account.call(notifyDevice, { id: device.id, type: 'application' })
    const { notifications } = await device.checkIn(report(1))
    const [command] = notifications
    const answer = { ...report(2), notificationStates: [{ id: command?.id ?? '', state: 'acknowledged' as const }] }
    await expect(device.checkIn(answer)).rejects.toMatchObject({ status: 429, retryAfterMs: expect.any(Number) })
    expect(await levelOf(account, device)).toBe('1')
    const states = async () => (await account.call(listNotifications, { device: device.id })).data.map((n) => n.state)
    expect(await states()).toEqual(['sent'])
    await eventually(() => device.checkIn(answer))
    expect(await levelOf(account, device)).toBe('2')
    expect(await states()).toEqual(['succeeded'])
  })
})

describe('commands', () => {
  const platform = usePlatform({ DEVICE_RATE_PER_SECOND: '0.001', DEVICE_RATE_BURST: '1' })

  test('of which 150 wait are answered at once, at no cost, and the device stays online', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await Promise.all(
      Array.from({ length: 150 }, () => account.call(notifyDevice, { id: device.id, type: 'application' })),
    )
    const connected = await connect(platform, device)
    for (let answered = 0; answered < 150; answered++)
      await connected.answer(await connected.next(), { state: 'acknowledged' })
    const { data } = await account.call(listNotifications, { device: device.id, limit: 1000 })
    expect(data.filter(({ state }) => state === 'succeeded')).toHaveLength(150)
    await connected.checkIn(report(1))
    const events = (await account.call(listEvents, { device: device.id, type: 'device.' })).data
    expect(events.map(({ type }) => type)).toEqual(['device.enrolled'])
  })

  test('that it was never handed cost an answer what any message costs', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const connected = await connect(platform, device)
    await connected.answer({ id: randomUUID() }, { state: 'acknowledged' })
    const onPuback = vi.fn()
    connected.answer({ id: randomUUID() }, { state: 'acknowledged' }).then(onPuback, () => {})
    await account.call(notifyDevice, { id: device.id, type: 'application' })
    await connected.next()
    expect(onPuback).not.toHaveBeenCalled()
  })
})

describe('what the database does not take', () => {
  const platform = usePlatform()

  /** Lets the database fail, with this code, to write what a device reports. */
  const refuse = async ({ id }: TestDevice, code: string) => {
    const { pool } = platform.database
    await pool.query(`
      CREATE SEQUENCE refusal;
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM nextval(''refusal''); RAISE EXCEPTION SQLSTATE ''${code}''; END';
      CREATE TRIGGER refuse BEFORE UPDATE OF battery ON heartbeat FOR EACH ROW WHEN (old.device_id = '${id}') EXECUTE FUNCTION refuse()`)
    return {
      untilRefused: (times: number) =>
        eventually(async () =>
          expect((await pool.query('SELECT last_value FROM refusal')).rows[0].last_value).toBeGreaterThanOrEqual(times),
        ),
      mend: () => pool.query('DROP TRIGGER refuse ON heartbeat; DROP FUNCTION refuse; DROP SEQUENCE refusal'),
    }
  }

  test.each([
    ['is going down', '57P01'],
    ['is too slow', '57014'],
    ['has no room', '53100'],
  ])('while it %s is kept until it does, and the connection with it', async (_name, code) => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const connected = await connect(platform, device)
    const onClose = vi.fn()
    connected.client.on('close', onClose)
    const { untilRefused, mend } = await refuse(device, code)
    const taken = connected.checkIn(report(7))
    await untilRefused(2)
    await mend()
    await taken
    expect(await levelOf(account, device)).toBe('7')
    expect(onClose).not.toHaveBeenCalled()
  })

  test('and never will is tried three times and dropped', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const connected = await connect(platform, device)
    const { untilRefused, mend } = await refuse(device, '22P02')
    await connected.checkIn(report(7))
    await untilRefused(3)
    await mend()
    await connected.checkIn(report(8))
    expect(await levelOf(account, device)).toBe('8')
  })
})

describe('what cannot be taken', () => {
  const platform = usePlatform({ DEVICE_RATE_PER_SECOND: '1000', DEVICE_RATE_BURST: '1000' })

  const bodies: [string, (own: string, other: string) => [topic: string, payload: string | Buffer]][] = [
    ['no JSON', (own) => [`devices/${own}/checkin`, 'no json']],
    ['nothing', (own) => [`devices/${own}/checkin`, '']],
    ['no object', (own) => [`devices/${own}/checkin`, '[1]']],
    ['no UTF-8', (own) => [`devices/${own}/checkin`, Buffer.from([0x7b, 0xff, 0xfe])]],
    ['JSON nested without end', (own) => [`devices/${own}/checkin`, `${'['.repeat(50_000)}${']'.repeat(50_000)}`]],
    ['no outcome', (own) => [`devices/${own}/notifications/${randomUUID()}`, '{"state":"unheard of"}']],
    ['an outcome of nothing', (own) => [`devices/${own}/notifications/`, '{"state":"acknowledged"}']],
    ['an outcome of what has no id', (own) => [`devices/${own}/notifications/7`, '{"state":"acknowledged"}']],
    [
      'an outcome of what it was never told',
      (own) => [`devices/${own}/notifications/${randomUUID()}`, '{"state":"failed"}'],
    ],
    ["another device's check-in", (_, other) => [`devices/${other}/checkin`, '{"battery":{"level":"1"}}']],
    ["another device's notifications", (_, other) => [`devices/${other}/notifications`, '{}']],
    ['its own notifications', (own) => [`devices/${own}/notifications`, '{}']],
    ['an unknown topic', (own) => [`devices/${own}/telemetry`, '{}']],
    ['a topic without end', () => ['a/'.repeat(500), '{}']],
    ['a topic of the broker', () => ['$SYS/broker/new/clients', '{}']],
    ['a topic that is a filter', (own) => [`devices/${own}/#`, '{}']],
    ['2 MiB', (own) => [`devices/${own}/checkin`, `{"battery":{"level":"1"},"x":"${'x'.repeat(2 ** 21)}"}`]],
  ]
  test.each(bodies.flatMap(([name, message]) => transports.map((transport) => [name, transport, message] as const)))(
    'is acknowledged and dropped, so that it does not come for ever: %s, over %s',
    async (_name, transport, message) => {
      const account = await platform.newAccount()
      const [device, other] = [await newDevice(platform, account), await newDevice(platform, account)]
      const { client, checkIn } = await connect(platform, device, transport)
      const onClose = vi.fn()
      client.on('close', onClose)
      const [topic, payload] = message(device.id, other.id)
      for (const qos of [1, 0, 2, 1] as const) await client.publishAsync(topic, payload, { qos })
      await checkIn(report(42))
      expect(onClose).not.toHaveBeenCalled()
      expect(await levelOf(account, device)).toBe('42')
      expect(await levelOf(account, other)).toBeUndefined()
    },
  )
})
