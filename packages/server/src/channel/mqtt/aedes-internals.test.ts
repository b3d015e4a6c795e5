import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { Aedes } from 'aedes'
import { generate } from 'mqtt-packet'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parserOf, saidGoodbye } from './aedes-internals.ts'

// What aedes and its parser do not document: an upgrade that changes it fails here.

let broker: Aedes
beforeEach(async () => {
  broker = await Aedes.createBroker()
})
afterEach(() => new Promise<void>((resolve) => broker.close(() => resolve())))

function open() {
  const [device, connection] = duplexPair()
  device.resume()
  return { device, client: broker.handle(connection as never) }
}

const hello = generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'a' })
const message = generate({
  ...({ cmd: 'publish', topic: 'a/b', payload: 'abc', qos: 1, messageId: 7, dup: false, retain: false } as const),
})

test('the parser shows the packet that is being read, and what came of it', () => {
  const parser = parserOf(open().client)
  expect(parser.packet.length).toBe(-1)
  parser.parse(message.subarray(0, 7))
  expect(parser.packet).toMatchObject({ cmd: 'publish', length: message.length - 2, qos: 1 })
  expect(parser._list.length).toBe(5)
  expect(parser._list.readUInt16BE(0)).toBe('a/b'.length)
  expect(parser._list.slice(2, 5).toString()).toBe('a/b')
  parser._list.consume(5)
  expect(parser._list.length).toBe(0)
})

test('a listener that is put in front sees a packet before aedes does', async () => {
  const { device, client } = open()
  const seen: string[] = []
  parserOf(client).prependListener('packet', ({ cmd }) => seen.push(cmd))
  broker.preConnect = (_client, _packet, done) => {
    seen.push('aedes')
    done(null, true)
  }
  const ready = once(broker, 'clientReady')
  device.write(hello)
  await ready
  expect(seen).toEqual(['connect', 'aedes'])
})

test.each([
  ['ends in order', true],
  ['breaks off', false],
])('a connection that %s is told from others', async (_how, isGoodbye) => {
  const { device, client } = open()
  const ready = once(broker, 'clientReady')
  device.write(hello)
  await ready
  expect(saidGoodbye(client)).toBe(false)
  const gone = once(broker, 'clientDisconnect')
  if (isGoodbye) device.write(generate({ cmd: 'disconnect' }))
  else device.end()
  await gone
  expect(saidGoodbye(client)).toBe(isGoodbye)
})
