import { randomBytes, randomUUID } from 'node:crypto'
import { createApiKey, deleteApiKey } from '@mason/contract/apikey'
import { deleteDevice, updateDevice } from '@mason/contract/device'
import { createGroup } from '@mason/contract/group'
import { endXraySession, listXraySessions } from '@mason/contract/xray'
import sql from 'sql-template-tag'
import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { useMqttDevices } from '../../../test/mqtt-device.ts'
import {
  endXraySides,
  freed,
  keyOf,
  mustOpen,
  newSession,
  newXrayDevice,
  openSide,
  refusal,
  webSocketUrl,
  xrayUrl,
} from '../../../test/xray.ts'

const platform = usePlatform({ CHECKIN_SECONDS: '900', DEVICE_RATE_BURST: '100000' })
const listed = async (account: TestAccount, device: string) => {
  const [session] = (await account.call(listXraySessions, { device })).data
  if (!session) throw new Error('there is no session')
  return session
}
const connect = useMqttDevices()
afterEach(endXraySides)

describe('a session', () => {
  test('carries bytes both ways, whatever their frames, once the device has come', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const { client, side } = await newSession(platform, account, device)
    await expect.poll(() => side.texts).toEqual(['client:ok'])

    const [up, down] = [randomBytes(3_000_000), randomBytes(2_000_001)]
    client.send(Buffer.alloc(0))
    client.socket.send(up.subarray(0, 1), { binary: true, fin: false })
    client.socket.send(up.subarray(1, 70_000), { binary: true, fin: false })
    client.socket.send(up.subarray(70_000), { binary: true, fin: true })
    for (let start = 0; start < down.length; start += 300_007) side.send(down.subarray(start, start + 300_007))
    await expect.poll(() => side.bytes().length).toBe(up.length)
    await expect.poll(() => client.bytes().length).toBe(down.length)
    expect(side.bytes().equals(up)).toBe(true)
    expect(client.bytes().equals(down)).toBe(true)

    client.send('client:fail')
    client.send('client:ok')
    client.send('something else')
    await expect.poll(() => side.texts).toEqual(['client:ok', 'client:fail', 'client:ok'])
    side.send('for nobody')
    side.send(Buffer.from('!'))
    await expect.poll(() => client.bytes().at(-1)).toBe(33)
    expect(client.texts).toEqual(['device:ok'])

    client.vanish()
    await side.closed
    await freed(account, device)
    const { data } = await account.call(listXraySessions, { device: device.id })
    expect(data).toMatchObject([
      {
        device: device.id,
        service: 'adb',
        bytesUp: up.length,
        bytesDown: down.length + 1,
        endReason: 'the client left',
      },
    ])
  })

  test('takes messages of any length in any number of frames, and holds back who sends more than is read', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const { client, side } = await newSession(platform, account, device)
    side.socket.pause()
    const lengths = [0, 1, 125, 126, 65_535, 65_536, 70_001, 40 * 2 ** 20]
    const frames = lengths.map((length) => randomBytes(length))
    for (const [index, frame] of frames.entries())
      client.socket.send(frame, { binary: true, fin: index === frames.length - 1 })
    await expect
      .poll(async () => (await listed(account, device.id)).bytesUp, { timeout: 20_000 })
      .toBeGreaterThan(65_536)
    expect(client.socket.bufferedAmount).toBeGreaterThan(30 * 2 ** 20)
    side.socket.resume()
    const all = Buffer.concat(frames)
    await expect.poll(() => side.size(), { timeout: 20_000 }).toBe(all.length)
    expect(side.bytes().equals(all)).toBe(true)

    // What is no stream of bytes is short.
    client.send('x'.repeat(70_000))
    expect((await client.closed).code).toBe(1009)
    await freed(account, device)
  })

  test('takes what a client sends before its device is there', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const client = await mustOpen(xrayUrl(platform.url, device.id, 'adb'), keyOf(account))
    const early = randomBytes(200_000)
    client.send(early)
    const side = await device.join()
    await expect.poll(() => side.bytes().equals(early)).toBe(true)
  })

  test('ends for the client when the device goes, and the other way round, and the device is free at once', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const first = await newSession(platform, account, device)
    first.side.vanish()
    expect(await first.client.closed).toEqual({ code: 1011, reason: 'the device was cut off' })
    await freed(account, device)

    const second = await newSession(platform, account, device)
    second.side.socket.close(1011, 'the port of the device does not answer')
    expect(await second.client.closed).toEqual({ code: 1011, reason: 'the port of the device does not answer' })
    await freed(account, device)

    const third = await newSession(platform, account, device)
    third.client.socket.close(1000)
    await third.side.closed
    await freed(account, device)
  })

  test('is closed with 1013 when the device does not come', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const client = await mustOpen(xrayUrl(platform.url, device.id, 'adb'), keyOf(account))
    expect(await client.closed).toEqual({ code: 1013, reason: 'the device did not come' })
    expect(client.texts).toEqual([])
    await freed(account, device)
  })

  test('is told to a device on MQTT at once', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const { client } = await connect(device, `${webSocketUrl(platform.url)}/mqtt`)
    const calls: { session: string; service: string }[] = []
    client.on('message', (topic, payload) => {
      if (topic.endsWith('/xray')) calls.push(JSON.parse(payload.toString()))
    })
    await client.subscribeAsync(`devices/${device.id}/xray`, { qos: 1 })
    await mustOpen(xrayUrl(platform.url, device.id, 'adb'), keyOf(account))
    await expect.poll(() => calls).toEqual([{ session: expect.any(String), service: 'adb' }])
    const [{ session = '' } = {}] = calls
    const { authorization } = device
    expect(await openSide(`${webSocketUrl(platform.url)}/agent/v1/xray/${session}`, { authorization })).toHaveProperty(
      'texts',
    )
  })

  test('ends when its key does', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const { data } = await account.call(createApiKey, { name: 'support', scopes: ['xray:admin'] })
    const { client } = await newSession(platform, { ...account, key: data[0]?.key ?? '' }, device)
    await account.call(deleteApiKey, { id: data[0]?.id ?? '' })
    expect(await client.closed).toEqual({ code: 1008, reason: 'whoever opened it may no longer' })
  })

  test('ends when its device leaves the groups of whoever opened it', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    await account.call(createGroup, { name: 'doors' })
    const { data } = await account.call(createApiKey, {
      ...{ name: 'support', scopes: ['xray:admin'], groups: ['unassigned'] },
    })
    const { client } = await newSession(platform, { ...account, key: data[0]?.key ?? '' }, device)
    await account.call(updateDevice, { id: device.id, group: 'doors' })
    const reason = 'the device has left the groups of whoever opened it'
    expect(await client.closed).toEqual({ code: 1008, reason })
  })

  test('ends with its device', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const { client } = await newSession(platform, account, device)
    await account.call(deleteDevice, { id: device.id })
    expect((await client.closed).code).toBe(1008)
  })

  test('is held by one node and joined at another, bytes and ends included', async () => {
    const other = await platform.addNode()
    try {
      const account = await platform.newAccount()
      const device = await newXrayDevice(platform, account)
      const { client, side } = await newSession(platform, account, device, other.url)
      const [up, down] = [randomBytes(5_000_000), randomBytes(5_000_000)]
      client.send(up)
      side.send(down)
      await expect.poll(() => side.bytes().length).toBe(up.length)
      await expect.poll(() => client.bytes().length).toBe(down.length)
      expect(side.bytes().equals(up) && client.bytes().equals(down)).toBe(true)
      client.vanish()
      await side.closed
      await freed(account, device)

      const second = await newSession(platform, account, device, other.url)
      second.side.vanish()
      expect((await second.client.closed).code).toBe(1011)

      // Ended by hand at a node that holds nothing of it.
      const third = await newSession(platform, account, device, other.url)
      const { data } = await account.call(listXraySessions, { device: device.id, open: true })
      await account.call(endXraySession, { id: data[0]?.id ?? '' })
      expect(await third.client.closed).toEqual({ code: 1008, reason: 'it was ended by hand' })
      await third.side.closed

      const fourth = await newSession(platform, account, device, other.url)
      await other.stop()
      await fourth.side.closed
      await freed(account, device)
    } finally {
      await other.stop()
    }
  })

  test('of a node that is gone holds its device for no longer than its lease', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    await platform.database.query(sql`
      INSERT INTO xray_session (account_id, id, device_id, service, actor, address, node_id, node_address, lease_until, idle_minutes, ends_at)
      VALUES (${account.accountId}, ${randomUUID()}, ${device.id}, 'adb', '{"kind":"system","id":"mason"}', '192.0.2.1', ${randomUUID()}, '192.0.2.1:1',
              now() + interval '1 hour', 30, now() + interval '1 hour')`)
    const url = xrayUrl(platform.url, device.id, 'adb')
    expect((await refusal(url, keyOf(account))).status).toBe(429)
    await platform.database.query(sql`UPDATE xray_session SET lease_until = now() WHERE device_id = ${device.id}`)
    await platform.runJob('end-lost-xray-sessions')
    await freed(account, device)
    const { data } = await account.call(listXraySessions, { device: device.id })
    expect(data[0]?.endReason).toBe('the node of the session is gone')
    await newSession(platform, account, device)
  })

  test('is held back where its reader is slow, and goes on when that reads', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const { client, side } = await newSession(platform, account, device)
    client.socket.pause()
    const piece = randomBytes(64 * 1024)
    let sent = 0
    // What is sent is taken until sockets and the relay are full, and then no more.
    await eventually(async () => {
      for (let count = 0; count < 100 && side.socket.bufferedAmount < 2 ** 20; count++) {
        side.send(piece)
        sent += piece.length
      }
      expect(side.socket.bufferedAmount).toBeGreaterThanOrEqual(2 ** 20)
    })
    client.socket.resume()
    await expect.poll(() => client.bytes().length).toBe(sent)
  })
})
