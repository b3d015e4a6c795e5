import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createApiKey } from '@mason/contract/apikey'
import { listXraySessions } from '@mason/contract/xray'
import { afterEach, expect, test, vi } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { usePlatform } from '../../../test/harness.ts'
import { endXraySides, freed, keyOf, mustOpen, newXrayDevice, refusal, xrayUrl } from '../../../test/xray.ts'

const platform = usePlatform({ CHECKIN_SECONDS: '900', DEVICE_RATE_BURST: '100000' })
afterEach(() => {
  vi.useRealTimers()
  endXraySides()
})

test('a session ends when its client says nothing any more, though it is asked for a sign of life', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  const account = await platform.newAccount()
  const device = await newXrayDevice(platform, account)
  const client = await mustOpen(xrayUrl(platform.url, device.id, 'adb'), keyOf(account), { autoPong: false })
  const side = await device.join()
  let seconds = 0
  for (; client.socket.readyState === client.socket.OPEN && seconds < 60; seconds += 5) {
    const pinged = once(side.socket, 'ping')
    vi.advanceTimersByTime(5_000)
    await Promise.race([pinged, side.closed])
    // The answer of the device has come once what it sends behind it has.
    const sent = client.bytes().length + 1
    side.send(Buffer.from('x'))
    await Promise.race([eventually(() => expect(client.bytes().length).toBe(sent)), client.closed])
  }
  expect(await client.closed).toEqual({ code: 1001, reason: 'the client was cut off' })
  expect(seconds).toBeLessThanOrEqual(30)
  vi.useRealTimers()
  await freed(account, device)
})

test('a session goes on where it was when its client was cut off and comes back, at either node', async () => {
  const other = await platform.addNode()
  try {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const url = xrayUrl(platform.url, device.id, 'adb')
    const first = await mustOpen(`${url}?received=0`, keyOf(account))
    const side = await device.join(other.url)
    const [up, down] = [randomBytes(200_000), randomBytes(300_000)]
    first.send(up.subarray(0, 100_000))
    side.send(down.subarray(0, 100_000))
    await expect.poll(() => first.bytes().length).toBe(100_000)
    await expect.poll(() => side.bytes().length).toBe(100_000)
    first.vanish()
    // What comes while nobody is there waits.
    side.send(down.subarray(100_000, 200_000))

    const { data } = await account.call(listXraySessions, { device: device.id, open: true })
    const again = (base: string, received: number) =>
      `${xrayUrl(base, device.id, 'adb')}?session=${data[0]?.id}&received=${received}`
    const second = await mustOpen(again(platform.url, 60_000), keyOf(account))
    await expect.poll(() => second.texts.at(-1)).toBe('received:100000')
    await expect.poll(() => second.bytes().equals(down.subarray(60_000, 200_000))).toBe(true)
    second.send('received:200000')
    second.vanish()
    const third = await mustOpen(again(other.url, 200_000), keyOf(account))
    await expect.poll(() => third.texts.at(-1)).toBe('received:100000')
    third.send(up.subarray(100_000))
    side.send(down.subarray(200_000))
    await expect.poll(() => side.bytes().equals(up)).toBe(true)
    await expect.poll(() => third.bytes().equals(down.subarray(200_000))).toBe(true)

    const { data: keys } = await account.call(createApiKey, { name: 'another', scopes: ['xray:admin'] })
    const foreign = await refusal(again(platform.url, 0), { authorization: `Basic ${keys[0]?.key}` })
    expect(foreign.status).toBe(404)
    third.socket.close(1000)
    await side.closed
    await freed(account, device)
    expect((await refusal(again(platform.url, 0), keyOf(account))).status).toBe(404)
  } finally {
    await other.stop()
  }
})

test('a session waits for a client that was cut off for 30 seconds', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  const account = await platform.newAccount()
  const device = await newXrayDevice(platform, account)
  const client = await mustOpen(`${xrayUrl(platform.url, device.id, 'adb')}?received=0`, keyOf(account))
  const side = await device.join()
  client.vanish()
  let isOver = false
  void side.closed.then(() => {
    isOver = true
  })
  for (let count = 0; count < 20 && !isOver; count++) {
    const pinged = once(side.socket, 'ping')
    vi.advanceTimersByTime(5_000)
    await Promise.race([pinged, side.closed])
    expect((await platform.fetch('/healthz')).status).toBe(200)
  }
  expect((await side.closed).reason).toBe('the client was cut off')
  vi.useRealTimers()
  await freed(account, device)
})
