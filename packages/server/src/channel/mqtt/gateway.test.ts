import { deleteDevice, getDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { notifyDevice } from '@mason/contract/notification'
import mqtt from 'mqtt'
import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { connectDevice, type MqttDevice } from '../../../test/mqtt-device.ts'

const platform = usePlatform()
const open: MqttDevice[] = []
const mqttUrl = ({ url }: { url: string } = platform) => `${url.replace('http', 'ws')}/mqtt`
const connect = async (device: { id: string; secret: string }, subscribe = true, node?: { url: string }) => {
  const connected = await connectDevice(mqttUrl(node), device, subscribe)
  open.push(connected)
  return connected
}
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ client }) => client.endAsync(true)))
})

const isOnline = async (account: TestAccount, { id }: TestDevice) =>
  (await account.call(getDevice, { id })).data[0]?.online
const eventTypes = async (account: TestAccount, device: string) =>
  (await account.call(listEvents, { device, type: 'device.' })).data.map(({ type, data }) =>
    'clean' in data ? `${type} ${data.clean}` : type,
  )

describe('the gateway', () => {
  test('tells an enrolling device where to connect, over WebSocket and over TCP', async () => {
    const device = await newDevice(platform, await platform.newAccount())
    expect(device.mqtt?.url).toBe(mqttUrl())
    await connect(device)
    const tcp = await connectDevice(`mqtt://127.0.0.1:${platform.mqttPort}`, device)
    open.push(tcp)
  })

  test('takes check-ins as HTTP does', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const connected = await connect(device)
    await connected.checkIn({ bootId: 'b', battery: { level: '42' } })
    expect((await account.call(getDevice, { id: device.id })).data[0]?.battery).toEqual({ level: '42' })
  })

  test('refuses a wrong secret, another name, and no credential', async () => {
    const account = await platform.newAccount()
    const [device, other] = [await newDevice(platform, account), await newDevice(platform, account)]
    await expect(connect({ id: device.id, secret: other.secret })).rejects.toThrow(/Bad username or password/)
    await expect(mqtt.connectAsync(mqttUrl(), { clientId: device.id, reconnectPeriod: 0 }, false)).rejects.toThrow()
    await expect(
      mqtt.connectAsync(
        mqttUrl(),
        { clientId: device.id, username: other.id, password: other.secret, reconnectPeriod: 0 },
        false,
      ),
    ).rejects.toThrow(/Identifier rejected/)
  })

  test.each([
    ["another device's notifications", (other: string) => `devices/${other}/notifications`],
    ['everything', () => '#'],
    ['every device', () => 'devices/+/notifications'],
    ['what the broker says of itself', () => '$SYS/#'],
  ])('refuses to let a device read %s', async (_name, topicOf) => {
    const account = await platform.newAccount()
    const [device, other] = [await newDevice(platform, account), await newDevice(platform, account)]
    const connected = await connect(device)
    const listening = await connect(other)
    await expect(connected.client.subscribeAsync(topicOf(other.id), { qos: 1 })).rejects.toThrow()
    await account.call(notifyDevice, { id: other.id, type: 'refresh' })
    await listening.next()
    expect(connected.commands).toEqual([])
  })

  test('ends the connection of a device that is de-provisioned, or enrolls again, at once', async () => {
    const account = await platform.newAccount()
    const [gone, again] = [await newDevice(platform, account), await newDevice(platform, account)]
    await Promise.all([gone, again].map((device) => connect(device)))
    await account.call(deleteDevice, { id: gone.id })
    await newDevice(platform, account, { serialnumber: again.serialnumber })
    for (const { client } of open) await eventually(() => expect(client.connected).toBe(false))
  })

  test('lets a second connection of a device take over, and the device is never gone', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const first = await connect(device)
    const second = await connect(device)
    await first.closed
    await account.call(notifyDevice, { id: device.id, type: 'refresh' })
    await second.next()
    expect(await isOnline(account, device)).toBe(true)
    expect(await eventTypes(account, device.id)).toEqual(['device.enrolled'])
  })
})

describe('presence', () => {
  const waitFor = (online: boolean, account: TestAccount, device: TestDevice) =>
    eventually(async () => expect(await isOnline(account, device)).toBe(online))

  test('follows the connection, and tells a goodbye from an outage', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await (await connect(device)).leave()
    await waitFor(false, account, device)
    const back = await connect(device)
    await waitFor(true, account, device)
    await back.vanish()
    await waitFor(false, account, device)
    await device.checkIn({ partial: true })
    await waitFor(true, account, device)
    expect(await eventTypes(account, device.id)).toEqual([
      'device.enrolled',
      'device.offline true',
      'device.online',
      'device.offline false',
      'device.online',
    ])
  })

  test('holds for a device that connects and reads nothing', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await (await connect(device)).leave()
    await waitFor(false, account, device)
    await connect(device, false)
    await waitFor(true, account, device)
  })

  test('is written when the database takes it again, coming and going, and commands follow', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await (await connect(device)).leave()
    await waitFor(false, account, device)
    const { id } = (await account.call(notifyDevice, { id: device.id, type: 'check' })).data[0] ?? { id: '' }

    const coming = await refusePresence(device)
    const back = await connect(device)
    await coming.untilRefused()
    await coming.mend()
    await waitFor(true, account, device)
    expect((await back.next()).id).toBe(id)

    const going = await refusePresence(device)
    await back.vanish()
    await going.untilRefused()
    await going.mend()
    await waitFor(false, account, device)
  })

  test('of a connection that ended while the database was away leaves no trace', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await (await connect(device)).leave()
    await waitFor(false, account, device)
    const { untilRefused, mend } = await refusePresence(device)
    const first = await connect(device)
    await untilRefused()
    await first.vanish()
    await connect(device)
    await mend()
    await waitFor(true, account, device)
    expect((await eventTypes(account, device.id)).slice(1)).toEqual(['device.offline true', 'device.online'])
  })

  test('that is not yet written when its node stops is written before the node has stopped', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await (await connect(device)).leave()
    await waitFor(false, account, device)
    const node = await platform.addNode()
    await connect(device, true, node)
    await node.stop()
    expect(await isOnline(account, device)).toBe(true)
  })
})

/** Lets the database refuse to write where a device is connected. */
async function refusePresence({ id }: TestDevice) {
  const { pool } = platform.database
  // A sequence counts what is rolled back, too.
  await pool.query(`
    CREATE SEQUENCE refusal;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM nextval(''refusal''); RAISE EXCEPTION ''no''; END';
    CREATE TRIGGER refuse BEFORE UPDATE OF gateway ON device FOR EACH ROW WHEN (old.id = '${id}') EXECUTE FUNCTION refuse()`)
  return {
    untilRefused: () =>
      eventually(async () => expect((await pool.query('SELECT FROM refusal WHERE is_called')).rowCount).toBe(1)),
    mend: () => pool.query('DROP TRIGGER refuse ON device; DROP FUNCTION refuse; DROP SEQUENCE refusal'),
  }
}
