import { listXraySessions } from '@mason/contract/xray'
import sql from 'sql-template-tag'
import { afterEach, expect, inject, test } from 'vitest'
import { usePlatform } from './harness.ts'
import { usePrograms } from './programs.ts'
import { endXraySides, freed, keyOf, newSession, newXrayDevice, refusal, xrayUrl } from './xray.ts'

const platform = usePlatform({ CHECKIN_SECONDS: '900', DEVICE_RATE_BURST: '100000' })
const start = usePrograms()
afterEach(endXraySides)

/** The longest that a device may be held by a node that is no more. */
const longestSeconds = 30
const jobEverySeconds = 3

test('a node that is killed in the midst of a session holds its device for less than 30 seconds', async () => {
  const { host, port, user } = inject('postgres')
  const program = await start({
    DATABASE_URL: `postgres://${user}@/${platform.connection.database}?host=${encodeURIComponent(host)}&port=${port}`,
    DATA_DIR: platform.config.DATA_DIR,
  })
  const account = await platform.newAccount()
  const device = await newXrayDevice(platform, account)
  // The client is there, and the device here.
  const { client, side } = await newSession(platform, account, device, program.url)
  client.send(Buffer.from('bytes'))
  await expect.poll(() => side.bytes().toString()).toBe('bytes')

  await program.end('SIGKILL')
  await side.closed
  const url = xrayUrl(platform.url, device.id, 'adb')
  expect((await refusal(url, keyOf(account))).status).toBe(429)
  const { rows } = await platform.database.query<{ seconds: number }>(sql`
    SELECT extract(epoch FROM lease_until - now())::float8 AS seconds FROM xray_session WHERE device_id = ${device.id}`)
  expect(rows[0]?.seconds).toBeLessThan(longestSeconds - jobEverySeconds)

  // What time does.
  await platform.database.query(sql`UPDATE xray_session SET lease_until = now() WHERE device_id = ${device.id}`)
  await platform.runJob('end-lost-xray-sessions')
  await freed(account, device)
  const { data } = await account.call(listXraySessions, { device: device.id })
  expect(data[0]?.endReason).toBe('the node of the session is gone')
  await newSession(platform, account, device)
})
