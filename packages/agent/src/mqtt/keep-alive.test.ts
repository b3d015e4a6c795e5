import { type AddressInfo, createServer } from 'node:net'
import { generate, type Packet, parser } from 'mqtt-packet'
import { afterEach, expect, test, vi } from 'vitest'
import { keepAliveSeconds } from '../simulate/fleet/run-fleet.ts'
import { KeepAlive } from '../simulate/mqtt/keep-alive.ts'
import { openChannel } from './channel.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('the agent pings often enough for proxies, and not more often than it must', async () => {
  const connected = Promise.withResolvers<Packet>()
  const server = createServer((socket) => {
    const incoming = parser({ protocolVersion: 4 })
    incoming.on('packet', (packet) => {
      if (packet.cmd === 'connect') connected.resolve(packet)
      socket.write(generate({ cmd: 'connack', returnCode: 4, sessionPresent: false }))
    })
    socket.on('data', (bytes) => incoming.parse(bytes))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ignore = { onCommand: () => {}, onWithdrawn: () => {}, onAssigned: () => {} }
  await expect(openChannel(url, { id: 'd', secret: 's' }, ignore)).rejects.toThrow()
  const packet = await connected.promise
  const seconds = packet.cmd === 'connect' ? packet.keepalive : 0
  expect(seconds).toBeGreaterThanOrEqual(30)
  expect(seconds).toBeLessThanOrEqual(45)
  await new Promise((resolve) => server.close(resolve))
})

test('the simulator looks at each connection every 30 to 45 seconds', () => {
  vi.useFakeTimers()
  const keepAlive = new KeepAlive(keepAliveSeconds)
  const check = vi.fn()
  keepAlive.add({ check })
  vi.advanceTimersByTime(450_000)
  expect(check.mock.calls.length).toBeGreaterThanOrEqual(10)
  expect(check.mock.calls.length).toBeLessThanOrEqual(15)
  keepAlive.stop()
})
