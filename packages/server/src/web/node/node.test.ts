import { hostname } from 'node:os'
import { listNodes, type Node } from '@mason/contract/node'
import { beforeAll, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { useMqttDevices } from '../../../test/mqtt-device.ts'
import { version } from '../../core/version.ts'

const platform = usePlatform({}, { areJobsRunning: false })
const connect = useMqttDevices()
let operator: TestAccount

beforeAll(async () => {
  operator = await platform.newAccount({ isOperator: true })
})

const nodes = async (): Promise<Node[]> => (await operator.call(listNodes)).data
const sign = () => platform.background.repeated.get('node-sign')?.turn()
/** Makes it look as if a node had last been heard of so long ago. */
const silence = (id: string | undefined, ago: string) =>
  platform.database.pool.query('UPDATE node SET seen_at = now() - $2::interval WHERE id = $1', [id, ago])

test('a node is in the list once it serves, with what it is and does', async () => {
  const [node, ...others] = await nodes()
  expect(others).toEqual([])
  expect(node).toMatchObject({ host: hostname(), version, roles: ['api', 'gateway', 'worker'], state: 'up' })
  const device = await newDevice(platform, operator)
  await connect(device, `mqtt://127.0.0.1:${platform.mqttPort}`)
  await sign()
  const [after] = await nodes()
  expect(after).toMatchObject({ id: node?.id, startedAt: node?.startedAt })
  expect(after?.connections).toBeGreaterThanOrEqual(1)
  expect(Date.parse(after?.seenAt ?? '')).toBeGreaterThan(Date.parse(node?.seenAt ?? ''))
})

test('a transaction that holds back events is the lag of a node', async () => {
  const client = await platform.database.pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock_shared(7310, 0), pg_sleep(0.01)')
    await sign()
    expect((await nodes())[0]?.eventLagMs).toBeGreaterThanOrEqual(10)
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
})

test('a second node comes first, says that it drains, and is gone when it has stopped', async () => {
  const [first] = await nodes()
  const second = await platform.addNode()
  const [added, ...others] = await nodes()
  expect(others.map(({ id }) => id)).toEqual([first?.id])
  await second.drain()
  expect((await fetch(`${second.url}/readyz`)).status).toBe(503)
  expect(await nodes()).toMatchObject([
    { id: added?.id, state: 'draining' },
    { id: first?.id, state: 'up' },
  ])
  await second.stop()
  expect((await nodes()).map(({ id }) => id)).toEqual([first?.id])
})

test('a node warns of what is wrong with its settings', async () => {
  const careless = await platform.addNode({ PUBLIC_URL: 'http://mason.example' })
  const warning = expect.stringMatching(/^PUBLIC_URL=http.* not https/)
  const [warned, other] = await nodes()
  expect(warned?.warnings).toContainEqual(warning)
  expect(other?.warnings).not.toContainEqual(warning)
  await careless.stop()
})

test('a node that has fallen silent is down, up again when it is heard of, and forgotten after a day', async () => {
  const [node] = await nodes()
  await eventually(async () => {
    await silence(node?.id, '29 seconds')
    expect((await nodes())[0]?.state).toBe('up')
  })
  await eventually(async () => {
    await silence(node?.id, '31 seconds')
    expect((await nodes())[0]?.state).toBe('down')
  })
  await sign()
  expect((await nodes())[0]?.state).toBe('up')

  await platform.database.pool.query(
    `INSERT INTO node (id, version, roles, started_at, seen_at, connections, event_lag_ms)
     SELECT gen_random_uuid(), 'old', '{api}', now() - age, now() - age, 0, 0
     FROM unnest(ARRAY[interval '23 hours', interval '25 hours']) AS age`,
  )
  await platform.runJob('forget-nodes')
  expect((await nodes()).map(({ state }) => state).sort()).toEqual(['down', 'up'])
})

test('a key of another account is refused, whatever its scopes', async () => {
  const { call } = await platform.newAccount()
  await expect(call(listNodes)).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining("the platform's first account"),
  })
})
