import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type Platform, startPlatform } from '../../../test/harness.ts'
import { connectDevice } from '../../../test/mqtt-device.ts'
import { httpPhases, mqttPhases, newRawClient } from '../../../test/raw-client.ts'
import { writeCertificate } from '../../../test/tls.ts'

// Whatever unauthenticated clients do on whatever listener, at whatever step: the process lives and answers devices. A socket without a
// listener for its errors would end it, and with it this test.

let plain: Platform
let secure: Platform
let device: TestDevice

beforeAll(async () => {
  const { cert, key } = await writeCertificate()
  plain = await startPlatform()
  secure = await startPlatform({ TLS_CERT: cert, TLS_KEY: key, MQTT_TLS_CERT: cert, MQTT_TLS_KEY: key })
  device = await newDevice(plain, await plain.newAccount())
})

const portOf = ({ http }: Platform) => (http.server.address() as AddressInfo).port

const listeners = [
  { name: 'HTTP', port: () => portOf(plain), isTls: false, phases: httpPhases, resets: 200 },
  { name: 'HTTPS', port: () => portOf(secure), isTls: true, phases: httpPhases, resets: 10 },
  { name: 'MQTT', port: () => plain.mqttPort, isTls: false, phases: mqttPhases, resets: 200 },
  { name: 'MQTT over TLS', port: () => secure.mqttPort, isTls: true, phases: mqttPhases, resets: 10 },
]

async function expectService(): Promise<void> {
  expect((await plain.fetch('/readyz')).status).toBe(200)
  for (const url of [`${plain.url.replace('http', 'ws')}/mqtt`, `mqtt://127.0.0.1:${plain.mqttPort}`]) {
    const connected = await connectDevice(url, device)
    await connected.leave()
  }
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

describe.each(listeners)('unauthenticated clients on $name', ({ port, isTls, phases, resets }) => {
  test.each(phases)('reset their connections after %s', async (_phase, bytes) => {
    const reset = async (_: unknown, count: number) => {
      const { raw, write } = await newRawClient(port(), { isTls })
      if (bytes.length > 0) write(bytes)
      // Some before the server has read anything, some while it answers.
      if (count % 2 === 1) await turn()
      raw.resetAndDestroy()
    }
    for (let done = 0; done < resets; done += 10) await Promise.all(Array.from({ length: 10 }, reset))
    await expectService()
  })

  test('send much more after each step', async () => {
    const noise = randomBytes(64 * 1024)
    for (const [, bytes] of phases) {
      const { raw, write } = await newRawClient(port(), { isTls })
      if (bytes.length > 0) write(bytes)
      for (let count = 0; count < 16 && !raw.destroyed; count++) write(noise)
      await turn()
      raw.destroy()
    }
    await expectService()
  })
})

const secured = listeners.filter(({ isTls }) => isTls)

test.each(secured)('unauthenticated clients reset their connections amid the handshake of $name', async ({ port }) => {
  // Nothing, the first bytes of a ClientHello, and something else altogether.
  for (const bytes of ['', '\x16\x03\x01\x02\x00\x01', 'GET / HTTP/1.1\r\n\r\n'])
    for (let count = 0; count < 100; count++) {
      const { raw } = await newRawClient(port())
      if (bytes.length > 0) raw.write(Buffer.from(bytes, 'latin1'))
      if (count % 2 === 1) await turn()
      raw.resetAndDestroy()
    }
  await expectService()
})

test('the servers stop while unauthenticated clients stand still at every step', async () => {
  for (const { port, isTls, phases } of listeners)
    for (const [, bytes] of phases) {
      const { write } = await newRawClient(port(), { isTls })
      if (bytes.length > 0) write(bytes)
    }
  await expectService()
  await connectDevice(`mqtt://127.0.0.1:${plain.mqttPort}`, device)
  await Promise.all([plain.stop(), secure.stop()])
  expect(plain.http.server.listening || secure.http.server.listening).toBe(false)
})
