import { getNotification, notifyDevice, notifyDevices } from '@mason/contract/notification'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { newDevice } from './factories.ts'
import { type Platform, startPlatform } from './harness.ts'
import { useMqttDevices } from './mqtt-device.ts'
import { isNatsInstalled, startNats } from './nats.ts'

const isThere = isNatsInstalled()
if (!isThere) console.warn('SKIPPED: nats-server is not installed, so NATS_URL was not tried')

const burst = 10_000
const connect = useMqttDevices()

describe.skipIf(!isThere)('two nodes and NATS', () => {
  let nats: Awaited<ReturnType<typeof startNats>>
  let one: Platform
  let other: Awaited<ReturnType<Platform['addNode']>>
  beforeAll(async () => {
    nats = await startNats()
    one = await startPlatform({ NATS_URL: nats.url, RATE_LIMIT_PER_SECOND: '0.1', RATE_LIMIT_BURST: String(burst) })
    other = await one.addNode()
  })
  afterAll(async () => {
    await one.stop()
    await nats.kill()
  })

  /** A device at the other node, for which nothing is looked for there but on a wake-up. */
  async function wakefulDevice() {
    const account = await one.newAccount()
    const device = await newDevice(one, account)
    const connected = await connect(device, `${other.url.replace('http', 'ws')}/mqtt`)
    return { account, device, connected }
  }
  const looks = () => ['mqtt-look', 'mqtt-reconcile', 'mqtt-repeat'].map((name) => other.background.repeated.get(name))

  test('a command reaches a device at the other node though that node looks for none, also after NATS was away', async () => {
    const { account, device, connected } = await wakefulDevice()
    for (const look of looks()) await look?.stop()
    const send = async () => {
      const { id = '' } = (await account.call(notifyDevice, { id: device.id, type: 'refresh' })).data[0] ?? {}
      return id
    }
    const first = await send()
    expect((await connected.next()).id).toBe(first)
    await account.call(notifyDevices, { type: 'refresh', target: { devices: [device.id] } })
    await connected.next()

    await nats.kill()
    const unheard = await send()
    await nats.start()
    // From a wake-up on, everything that waits is found.
    const heard = await eventually(async () => {
      await send()
      await expect.poll(() => connected.commands.length, { timeout: 500 }).toBeGreaterThan(2)
      return connected.commands.map(({ id }) => id)
    })
    expect(heard).toContain(unheard)
    for (const look of looks()) await look?.turn()
    expect((await account.call(getNotification, { id: unheard })).data[0]?.state).toBe('sent')
  })

  test('a limit on requests counts what both let in', async () => {
    const { key } = await one.newAccount()
    let asked = 0
    const leftAfterOneMore = async ({ url }: { url: string }) => {
      const { headers } = await fetch(`${url}/v1/default/group`, { headers: { authorization: `basic ${key}` } })
      asked++
      return Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1])
    }
    for (const node of [one, other, one, other])
      await eventually(async () => expect(await leftAfterOneMore(node)).toBeLessThan(burst - asked + 5), {
        interval: 100,
      })
    for (let count = 0; count < 20; count++) await leftAfterOneMore(one)
    await eventually(async () => expect(await leftAfterOneMore(other)).toBeLessThan(burst - asked + 5))
  })

  test('what no node can have sent is ignored', async () => {
    const { account, device, connected } = await wakefulDevice()
    const client = await nats.listen()
    const subjects = new Set<string>()
    client.subscribe('mason.>', { callback: (_error, { subject }) => void subjects.add(subject) })
    await client.flush()
    await eventually(async () => {
      await account.call(notifyDevice, { id: device.id, type: 'refresh' })
      expect(subjects.size).toBe(1)
    })
    for (const subject of subjects)
      for (const garbage of [
        '',
        '{',
        'null',
        '{"kind":"spent"}',
        '{"kind":"spent","spent":[["x"]]}',
        '{"kind":"x"}',
        '\0',
      ])
        client.publish(subject, garbage)
    await client.flush()
    await client.close()
    await account.call(notifyDevice, { id: device.id, type: 'check' })
    await eventually(() => expect(connected.commands.map(({ type }) => type)).toContain('check'))
  })
})

test('a node serves while no NATS is there', async () => {
  const platform = await startPlatform({ NATS_URL: 'nats://127.0.0.1:1' })
  const account = await platform.newAccount()
  const device = await newDevice(platform, account)
  const connected = await connect(device, `${platform.url.replace('http', 'ws')}/mqtt`)
  await account.call(notifyDevice, { id: device.id, type: 'refresh' })
  expect((await connected.next()).type).toBe('refresh')
  await platform.stop()
})
