import { checkin } from '@mason/contract/checkin'
import { createExport, getExport } from '@mason/contract/export'
import { listNodes } from '@mason/contract/node'
import { notifyDevice } from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import { beforeAll, expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { newDevice } from './factories.ts'
import { type Platform, type TestAccount, usePlatform } from './harness.ts'
import { connectDevice, useMqttDevices } from './mqtt-device.ts'

// Nobody here does work in the background before the node that is a worker comes.
const platform = usePlatform({ ROLE: 'api,gateway' })
const connect = useMqttDevices()
type Added = Awaited<ReturnType<Platform['addNode']>>
let owner: TestAccount
let api: Added
let gateway: Added
let worker: Added
let exportId: string

beforeAll(async () => {
  owner = await platform.newAccount({ isOperator: true })
  api = await platform.addNode({ ROLE: 'api' })
  gateway = await platform.addNode({ ROLE: 'gateway' })
  const { data } = await owner.call(createExport, { kind: 'device', format: 'csv' })
  exportId = data[0]?.id ?? ''
  expect((await owner.call(getExport, { id: exportId })).data[0]?.state).toBe('queued')
  worker = await platform.addNode({ ROLE: 'worker' })
})

const at = ({ url }: Added) => createClient({ baseUrl: url, key: owner.key, maxRetries: 0 })
const asked = async ({ url }: Added, path: string, init: RequestInit = {}) => {
  const answer = await fetch(`${url}${path}`, { headers: { authorization: `basic ${owner.key}` }, ...init })
  return { status: answer.status, text: await answer.text() }
}

test('every node answers whoever watches it, and the list says what it serves', async () => {
  for (const node of [api, gateway, worker])
    for (const path of ['/healthz', '/readyz', '/metrics']) expect((await asked(node, path)).status, path).toBe(200)
  const { data } = await at(api).call(listNodes)
  expect(data.slice(0, 3).map(({ roles }) => roles)).toEqual([['worker'], ['gateway'], ['api']])
})

test.each(['/v1/default/group', '/', '/docs', '/openapi.json', '/nothing', '/v1/default/node?x=1'])(
  'a node without the role api names it to whoever asks for %s',
  async (path) => {
    for (const node of [gateway, worker]) {
      const { status, text } = await asked(node, path)
      expect(status).toBe(404)
      expect(JSON.parse(text)).toMatchObject({
        type: 'not_found_error',
        message: expect.stringContaining('a node with the role api does'),
      })
    }
  },
)

test.each(['/agent/v1/checkin', '/agent/v1/checkin/', '/%61gent/v1/checkin', '/agent/nothing', '/mqtt'])(
  'a node without the role gateway names it to whoever asks for %s',
  async (path) => {
    for (const node of [api, worker]) {
      const { status, text } = await asked(node, path, { method: path === '/mqtt' ? 'GET' : 'POST' })
      expect(status).toBe(404)
      expect(JSON.parse(text).message).toContain('a node with the role gateway does')
    }
  },
)

test('MQTT is spoken at a gateway and nowhere else', async () => {
  const device = await newDevice(platform, owner)
  await expect(connectDevice(`${api.url.replace('http', 'ws')}/mqtt`, device)).rejects.toThrow()
  const connected = await connect(device, `${gateway.url.replace('http', 'ws')}/mqtt`)
  const { data } = await at(api).call(notifyDevice, { id: device.id, type: 'refresh' })
  expect((await connected.next()).id).toBe(data[0]?.id)
})

test('a device checks in at a gateway', async () => {
  const { id, secret } = await newDevice(platform, owner)
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const { status } = await asked(gateway, checkin.url, {
    method: 'POST',
    headers: { authorization },
    body: JSON.stringify({ bootId: 'b' }),
  })
  expect(status).toBe(200)
})

test('what was queued before waits for a worker', async () => {
  await eventually(async () => expect((await owner.call(getExport, { id: exportId })).data[0]?.state).toBe('succeeded'))
})
