import { createGroup } from '@mason/contract/group'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type Platform, startPlatform, type TestAccount } from '../../../test/harness.ts'
import { connectDevice } from '../../../test/mqtt-device.ts'
import { openNetwork } from '../../../test/silent-network.ts'

// A network that swallows packets holds up nobody for longer than a client waits.

let network: Awaited<ReturnType<typeof openNetwork>>
let platform: Platform
let owner: TestAccount
let device: TestDevice

beforeAll(async () => {
  network = await openNetwork(inject('postgres'))
  platform = await startPlatform({}, { route: (server) => ({ ...server, ...network.address }) })
  owner = await platform.newAccount()
  device = await newDevice(platform, owner)
})
afterAll(async () => {
  network.forward()
  await platform.stop()
  network.close()
})

/** Well before the half minute that one of these took. */
const patience = () => AbortSignal.timeout(10_000)

const credential = () => `Basic ${Buffer.from(`${device.id}:${device.secret}`).toString('base64')}`
const requests = (): [string, RequestInit & { key?: string }][] => [
  ['/readyz', {}],
  [`/v1/default/device/${device.id}`, { key: owner.key }],
  ['/v1/default/device', { key: owner.key }],
  ['/v1/default/group', { key: owner.key }],
  ['/v1/default/group', { key: owner.key, method: 'POST', body: '{"name":"lobby"}' }],
  [
    '/v1/default/group',
    { key: owner.key, method: 'POST', body: '{"name":"hall"}', headers: { 'idempotency-key': 'once' } },
  ],
  ['/v1/default/event/stream', { key: owner.key }],
  ['/agent/v1/checkin', { method: 'POST', body: '{"bootId":"b"}', headers: { authorization: credential() } }],
  ['/auth/sign-in', { method: 'POST', body: '{"email":"a@example.com","password":"long enough"}' }],
  [
    '/v1/default/usage',
    {
      key: owner.key,
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: 'id,iccid,start,upload,download\na,8988303000000614224,2026-11-01T00:00:00Z,1,1\n',
    },
  ],
]

test('every request is answered 503 while packets to PostgreSQL are swallowed, and served when they are not', async () => {
  expect((await platform.fetch('/readyz')).status).toBe(200)
  await owner.call(createGroup, { name: 'before' })
  network.swallow()
  for (const wave of ['under way when it began', 'while it lasts']) {
    const answers = requests().map(async ([path, init]) => {
      const { status, headers } = await platform.fetch(path, { ...init, signal: patience() })
      return [path, status, headers.has('retry-after')]
    })
    expect(await Promise.all(answers), wave).toEqual(requests().map(([path]) => [path, 503, true]))
  }
  await expect(connectDevice(`mqtt://127.0.0.1:${platform.mqttPort}`, device)).rejects.toMatchObject({ code: 3 })
  network.forward()
  await eventually(async () => expect((await platform.fetch('/readyz')).status).toBe(200))
  await device.checkIn()
  await owner.call(createGroup, { name: 'after' })
  await (await connectDevice(`mqtt://127.0.0.1:${platform.mqttPort}`, device)).leave()
}, 60_000)
