import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Connections } from './connections.ts'
import { connectionLimits } from './limits.ts'

/** As much of a socket as is looked at. */
class TestSocket extends EventEmitter {
  destroyed = false
  readonly remoteAddress: string
  constructor(remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }
  setKeepAlive(): void {}
  destroySoon(): void {
    this.destroy()
  }
  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }
}

const limits = { all: 20, unauthenticated: 10, perAddress: 5 }

function open(isProxy?: (address: string) => boolean) {
  const warnings: string[] = []
  const log = { warn: (_details: object, message: string) => void warnings.push(message) }
  const connections = new Connections({ limits, log, ...(isProxy && { isProxy }) })
  const admit = (address = '192.0.2.1') => {
    const socket = new TestSocket(address) as unknown as Socket
    connections.admit(socket)
    return socket
  }
  const admitDevice = (address?: string) => {
    const socket = admit(address)
    connections.know(socket)
    connections.begin(socket)
    return socket
  }
  return { connections, warnings, admit, admitDevice }
}

const alive = (sockets: Socket[]) => sockets.filter(({ destroyed }) => !destroyed)

test('of one address the longest silent unauthenticated connections go, and the log says so once until there was room', () => {
  const { admit, connections, warnings } = open()
  const sockets = Array.from({ length: 5 }, () => admit())
  connections.begin(sockets[0] as Socket)
  const more = [admit(), admit()]
  expect(alive(sockets)).toEqual([sockets[0], sockets[3], sockets[4]])
  expect(alive(more)).toHaveLength(2)
  expect(warnings).toHaveLength(1)
  for (const socket of [...sockets, ...more]) socket.destroy()
  expect(connections.size).toBe(0)
  for (let count = 0; count < 6; count++) admit()
  expect(warnings).toHaveLength(2)
})

test('an IPv6 host is counted as its /64, a named proxy not at all', () => {
  const { admit } = open((address) => address === '192.0.2.9')
  const host = Array.from({ length: 8 }, (_, index) => admit(`2001:db8::${index + 1}`))
  expect(alive(host)).toHaveLength(5)
  const proxied = Array.from({ length: 8 }, () => admit('192.0.2.9'))
  expect(alive(proxied)).toHaveLength(8)
})

test('what waits for a next request goes before a newcomer is refused; a device that is connected stays', () => {
  const { admit, admitDevice, connections } = open()
  const devices = Array.from({ length: 18 }, () => admitDevice())
  const waiting = [admit(), admit()]
  for (const socket of waiting) {
    const end = connections.begin(socket)
    connections.know(socket)
    end()
  }
  const late = [admitDevice(), admitDevice(), admit(), admit()]
  expect(alive(waiting)).toEqual([])
  expect(alive(devices)).toHaveLength(18)
  expect(late.map(({ destroyed }) => destroyed)).toEqual([false, false, true, true])
})

type What = 'client' | 'device' | 'request' | 'leave'

test('whatever comes and goes: limits hold, devices stay, and every slot is given back', () => {
  const step = fc.record({
    what: fc.constantFrom<What[]>('client', 'device', 'request', 'leave'),
    address: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3', '2001:db8::1'),
    which: fc.nat(100),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { admit, admitDevice, connections } = open()
      const unauthenticated: Socket[] = []
      const devices: Socket[] = []
      const doing: Record<What, (address: string, socket: Socket | undefined) => void> = {
        client: (address) => unauthenticated.push(admit(address)),
        device: (address) => {
          const before = alive(devices)
          const device = admitDevice(address)
          if (!device.destroyed) devices.push(device)
          expect(alive(before)).toHaveLength(before.length)
        },
        request: (_, socket) => socket && connections.begin(socket)(),
        leave: (_, socket) => socket?.destroy(),
      }
      for (const { what, address, which } of steps) {
        const left = alive([...unauthenticated, ...devices])
        doing[what](address, left[which % Math.max(1, left.length)])
        expect(connections.size).toBe(alive(unauthenticated).length + alive(devices).length)
        expect(connections.size).toBeLessThanOrEqual(limits.all)
        expect(alive(unauthenticated).length).toBeLessThanOrEqual(limits.unauthenticated)
      }
      for (const socket of [...unauthenticated, ...devices]) socket.destroy()
      expect(connections.size).toBe(0)
    }),
  )
})

test('the limits leave descriptors for PostgreSQL and files, however many there are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 64, max: 2 ** 20 }), fc.integer({ min: 2, max: 500 }), (descriptors, poolSize) => {
      const { all, unauthenticated, perAddress } = connectionLimits({ descriptors, poolSize })
      expect(all).toBeLessThan(descriptors)
      expect(all).toBeGreaterThan(0)
      expect(unauthenticated).toBeLessThanOrEqual(Math.ceil(all / 2))
      expect(perAddress).toBeLessThanOrEqual(unauthenticated)
    }),
  )
  expect(connectionLimits({ descriptors: 4_096, poolSize: 20 }).all).toBe(3_436)
  expect(connectionLimits({ descriptors: 4_096, poolSize: 20, all: 10_000 }).all).toBe(3_436)
  expect(connectionLimits({ descriptors: 4_096, poolSize: 20, all: 100, perAddress: 7 })).toEqual({
    all: 100,
    unauthenticated: 50,
    perAddress: 7,
  })
})
