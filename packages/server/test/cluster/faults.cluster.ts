import { randomUUID } from 'node:crypto'
import { createDeployment, getDeployment } from '@mason/contract/deployment'
import { listDevices } from '@mason/contract/device'
import { createEnrollment, enroll } from '@mason/contract/enrollment'
import { createGroup, listGroups } from '@mason/contract/group'
import { listNodes } from '@mason/contract/node'
import { notifyDevice } from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { registerApk } from '../artifacts.ts'
import { eventually } from '../eventually.ts'
import { connectDevice } from '../mqtt-device.ts'
import { simulateFleet } from '../simulated-fleet.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { Load } from './load.ts'
import { startWork } from './work.ts'

const failovers = Number(process.env.FAILOVERS ?? 10)
const tills = 60

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster?.end())

const say = (line: string) => process.stdout.write(`${line}\n`)

test(`nothing acknowledged is lost and nothing happens twice when the primary is killed ${failovers} times`, async () => {
  const load = new Load()
  const { patient, check } = await startWork(cluster, load)
  const account = { ...patient, accountId: '', key: cluster.ownerKey }
  await patient.call(createGroup, { name: 'tills' })
  const { token = '' } = (await patient.call(createEnrollment, { group: 'tills' })).data[0] ?? {}
  const fleet = simulateFleet(cluster.url, token, { devices: tills, interval: 3, transport: 'http' })
  await eventually(async () =>
    expect((await patient.call(listDevices, { group: 'tills', limit: 1000 })).data).toHaveLength(tills),
  )
  const pauses: number[] = []
  for (let count = 1; count <= failovers; count++) {
    await cluster.untilWhole()
    await registerApk(account, 'com.example.fresh', count)
    load.mark()
    await load.untilBack(30)
    const wanted = {
      group: 'tills',
      type: 'apk',
      name: 'com.example.fresh',
      version: String(count),
      push: true,
    } as const
    const rollout = { steps: [20, 100], soakMinutes: 0, maxFailurePercent: 100 }
    const { data } = await patient.call(createDeployment, { ...wanted, rollout })
    load.mark()
    const how = count % 2 === 0 ? 'power' : 'crash'
    const primary = await cluster.killPrimary(how)
    const seconds = await load.untilBack(60)
    pauses.push(seconds)
    say(`${primary} ${how}: back after ${seconds.toFixed(1)} s`)
    if (how === 'power') await cluster.start(primary)
    for (let attempt = 0; attempt < 4; attempt++)
      await eventually(async () => {
        const [rollOut] = (await patient.call(getDeployment, { id: data[0]?.id ?? '' })).data
        expect(rollOut).toMatchObject({
          state: 'finished',
          devices: { succeeded: tills, failed: 0, waiting: 0, told: 0 },
        })
      }).catch((error) => {
        if (attempt === 3) throw error
      })
  }
  await load.end()
  await fleet.stop()
  const counts = await check()
  say(`all that was acknowledged is there: ${JSON.stringify(counts)}`)
  for (const seconds of pauses) expect(seconds).toBeLessThan(30)
})

test('a node that is killed is missed for less than 5 s', async () => {
  const load = new Load()
  const { check } = await startWork(cluster, load)
  for (const node of ['node1', 'node2'] as const) {
    load.mark()
    await load.untilBack(30)
    load.mark()
    await cluster.kill(node)
    const seconds = await load.untilBack(30)
    say(`${node}: back after ${seconds.toFixed(1)} s`)
    await cluster.start(node)
    await eventually(async () => expect((await fetch(`${cluster.nodeUrl(node)}/readyz`)).status).toBe(200))
    expect(seconds).toBeLessThan(5)
  }
  await load.end()
  await check()
})

test('without NATS everything goes on, and commands reach a device at the other node', async () => {
  const load = new Load()
  const { patient, check } = await startWork(cluster, load)
  await cluster.kill('nats')
  load.mark()
  say(`without NATS: the slowest work took ${(await load.untilBack(30)).toFixed(1)} s`)
  await cluster.start('nats')
  await load.end()
  await check()

  const { token = '' } = (await patient.call(createEnrollment, {})).data[0] ?? {}
  const credential = await patient.call(enroll, { token, serialnumber: randomUUID(), family: 'D450', bootId: 'b' })
  const device = await connectDevice(`${cluster.nodeUrl('node2').replace('http', 'ws')}/mqtt`, credential)
  const { call } = createClient({ baseUrl: cluster.nodeUrl('node1'), key: cluster.ownerKey })
  const send = async () => {
    const sentAt = performance.now()
    const arrived = new Promise((resolve) => device.client.once('message', resolve))
    await call(notifyDevice, { id: credential.id, type: 'refresh' })
    await arrived
    return performance.now() - sentAt
  }
  const times: number[] = []
  for (let count = 0; count < 300; count++) times.push(await send())
  times.sort((one, other) => one - other)
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN
  say(`a command to the other node: p50 ${at(0.5).toFixed(0)} ms, p99 ${at(0.99).toFixed(0)} ms`)
  await device.leave()
})

test('nodes that are restarted one by one fail no request', async () => {
  const load = new Load()
  const { patient, check } = await startWork(cluster, load)
  const { call } = createClient({ baseUrl: cluster.url, key: cluster.ownerKey, maxRetries: 0 })
  const failures: unknown[] = []
  let served = 0
  let isOver = false
  const requests = [
    () => call(listGroups),
    () => call(listDevices),
    () => call(createGroup, { name: randomUUID() }),
  ].map(async (request) => {
    while (!isOver)
      await request().then(
        () => served++,
        (error) => failures.push(error),
      )
  })
  for (const node of ['node1', 'node2', 'node1', 'node2'] as const) {
    await cluster.stop(node)
    await cluster.start(node)
    await eventually(async () => expect((await fetch(`${cluster.nodeUrl(node)}/readyz`)).status).toBe(200))
    load.mark()
    await load.untilBack(30)
  }
  isOver = true
  await Promise.all(requests)
  say(`${served} requests were served`)
  expect(failures).toEqual([])
  expect(load.refusals).toEqual([])
  await load.end()
  await check()
  // Those that were killed before stay in the list for a day.
  const states = (await patient.call(listNodes)).data.map(({ state }) => state)
  expect(states.filter((state) => state !== 'down')).toEqual(['up', 'up'])
})
