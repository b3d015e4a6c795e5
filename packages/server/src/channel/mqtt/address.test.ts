import { randomUUID } from 'node:crypto'
import mqtt from 'mqtt'
import { expect, test } from 'vitest'
import { usePlatform } from '../../../test/harness.ts'

/** A return code of MQTT 3.1.1 (§3.2.2.3). */
const serverUnavailable = 3

const platform = usePlatform({ TRUST_PROXY: 'loopback', RATE_LIMIT_PER_SECOND: '0.1', RATE_LIMIT_BURST: '2' })

/** How the broker refuses a wrong secret, through a proxy that says where the client is. */
async function guessFrom(address: string): Promise<'wrong' | 'later'> {
  const id = randomUUID()
  const client = mqtt.connect(`${platform.url.replace('http', 'ws')}/mqtt`, {
    ...{ clientId: id, username: id, password: 'guess', protocolVersion: 4, reconnectPeriod: 0 },
    wsOptions: { headers: { 'x-forwarded-for': address } },
  })
  const refusal = await new Promise<object>((resolve) => {
    client.once('error', resolve)
  })
  await client.endAsync(true)
  return 'code' in refusal && refusal.code === serverUnavailable ? 'later' : 'wrong'
}
const askFrom = (address: string) =>
  platform.fetch('/v1/default/group', { key: 'guess', headers: { 'x-forwarded-for': address } })

test('guesses over MQTT are counted by the address that the proxy names, as over HTTP', async () => {
  for (const expected of ['wrong', 'wrong', 'later']) expect(await guessFrom('203.0.113.1')).toBe(expected)
  expect(await guessFrom('203.0.113.2'), 'another client of the same proxy').toBe('wrong')
  expect(await guessFrom('203.0.113.1, 203.0.113.3'), 'what a client says of itself').toBe('wrong')
  expect((await askFrom('203.0.113.1')).status, 'both doors count together').toBe(429)
  expect((await askFrom('203.0.113.4')).status).toBe(401)
})
