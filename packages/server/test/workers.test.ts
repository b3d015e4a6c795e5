import { getDevice } from '@mason/contract/device'
import { createEnrollment, enroll } from '@mason/contract/enrollment'
import { createGroup } from '@mason/contract/group'
import { listNodes } from '@mason/contract/node'
import { listNotifications, notifyDevices } from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { embeddedConnection } from '../src/core/db/embedded.ts'
import { eventually } from './eventually.ts'
import { parseExposition } from './exposition.ts'
import { checkInAs } from './factories.ts'
import { type MqttDevice, useMqttDevices } from './mqtt-device.ts'
import { isAlive, newDataDir, type Program, postmasterPid, runCommand } from './program.ts'
import { usePrograms } from './programs.ts'

// A start is of three processes.
vi.setConfig({ testTimeout: 180_000 })

const start = usePrograms()
const connect = useMqttDevices()

/** The program with two workers, its owner, and how devices enroll. */
async function startTwo(environment: Record<string, string> = {}) {
  const DATA_DIR = await newDataDir()
  const program = await start({ DATA_DIR, WORKERS: '2', LOG_LEVEL: 'info', ...environment })
  const { url, ownerKey: key = '' } = program
  const owner = createClient({ baseUrl: url, key, maxRetries: 20 })
  const { token = '' } = (await owner.call(createEnrollment, {})).data[0] ?? {}
  let count = 0
  const newDevice = () =>
    createClient({ baseUrl: url, maxRetries: 20 }).call(enroll, {
      token,
      serialnumber: `SN-${count++}`,
      family: 'D450',
      bootId: 'b',
    })
  const states = async () => (await owner.call(listNodes)).data.map(({ state }) => state)
  return { DATA_DIR, program, url, key, owner, newDevice, states }
}

/** The processes of the workers, as their lines in the log name them. */
function workersOf({ output }: Program): Map<number, number> {
  const lines = output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
  return new Map(
    lines.flatMap((line) => {
      const { worker, pid } = JSON.parse(line)
      return worker === undefined ? [] : [[worker, pid]]
    }),
  )
}

const isRunning = async (url: string) =>
  fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )

test('two workers share one port, each a node of its own, and are ready once', async () => {
  const { program, states, url } = await startTwo()
  expect(await states()).toEqual(['up', 'up'])
  expect(workersOf(program).size).toBe(2)
  expect(program.output().split('is ready at')).toHaveLength(2)
  expect(await program.end('SIGTERM')).toBe(0)
  expect(await isRunning(url)).toBe(false)
})

test('a worker that is killed during check-ins is replaced, and nothing that was answered is lost', async () => {
  const { program, owner, url, newDevice } = await startTwo()
  const devices = await Promise.all(Array.from({ length: 20 }, newDevice))
  const acknowledged = new Map<string, number>()
  let isOver = false
  const report = async (device: (typeof devices)[number]) => {
    const checkIn = checkInAs(url, device)
    for (let count = 1; count < 55 && !isOver; count++)
      await checkIn({ partial: true, apps: [{ name: 'count', version: String(count) }] }).then(
        () => acknowledged.set(device.id, count),
        // Of the other worker they go on.
        () => {},
      )
  }
  const reports = devices.map(report)
  await eventually(() => expect(acknowledged.size).toBe(devices.length))
  const { data: queued } = await owner.call(notifyDevices, { type: 'refresh', target: { filter: {} } })
  const [victim = 0] = workersOf(program).values()
  process.kill(victim, 'SIGKILL')
  await eventually(() => {
    expect(workersOf(program).size).toBe(3)
    expect(program.output()).toContain('A new worker process serves')
  })
  isOver = true
  await Promise.all(reports)
  for (const { id } of devices) {
    const [device] = (await owner.call(getDevice, { id })).data
    expect(Number(device?.apps?.[0]?.version)).toBeGreaterThanOrEqual(acknowledged.get(id) ?? 0)
  }
  expect(queued).toHaveLength(1)
  const commands = (await owner.call(listNotifications, { limit: 1000 })).data
  expect(new Set(commands.map(({ device }) => device)).size).toBe(devices.length)
})

test('a command reaches devices at every worker, whichever queued it', async () => {
  const { DATA_DIR, url, owner, newDevice } = await startTwo()
  const database = new pg.Client(embeddedConnection(DATA_DIR))
  await database.connect()
  const devices: MqttDevice[] = []
  const gateways = async () =>
    Number((await database.query('SELECT count(DISTINCT gateway) AS count FROM device')).rows[0].count)
  // Connections go to the workers by turns, but nobody promises that.
  while ((await gateways()) < 2) devices.push(await connect(await newDevice(), `${url.replace('http', 'ws')}/mqtt`))
  await database.end()
  await owner.call(notifyDevices, { type: 'refresh', target: { filter: {} } })
  for (const device of devices) await device.next()
})

test('a limit on requests counts what every worker lets in', async () => {
  const burst = 10_000
  const { url, key } = await startTwo({ RATE_LIMIT_PER_SECOND: '0.1', RATE_LIMIT_BURST: String(burst) })
  let asked = 0
  // A connection each, which go to the workers by turns.
  const leftAfterOneMore = async () => {
    const { headers } = await fetch(`${url}/v1/default/group`, {
      headers: { authorization: `basic ${key}`, connection: 'close' },
    })
    asked++
    return Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1])
  }
  for (let count = 0; count < 20; count++) await leftAfterOneMore()
  for (let count = 0; count < 4; count++)
    // What comes back meanwhile is less than ten.
    await eventually(async () => expect(await leftAfterOneMore()).toBeLessThan(burst - asked + 10), { interval: 100 })
})

test('metrics are of all workers of the machine, whichever is asked, and none falls when one is killed', async () => {
  const { program, url, key, newDevice } = await startTwo()
  const devices = await Promise.all(Array.from({ length: 8 }, newDevice))
  const scrape = async () => {
    const answer = await fetch(`${url}/metrics`, { headers: { authorization: `basic ${key}`, connection: 'close' } })
    const samples = [...parseExposition(await answer.text()).values()].flatMap(({ samples }) => samples)
    return (name: string) =>
      samples.filter((sample) => sample.name === name).reduce((sum, { value }) => sum + Number(value), 0)
  }
  for (const device of devices) await checkInAs(url, device)()
  const [one, other] = [await scrape(), await scrape()]
  for (const value of [one, other]) {
    expect(value('mason_checkins_total')).toBe(devices.length)
    expect(value('mason_devices')).toBe(devices.length)
    expect(value('mason_http_request_duration_seconds_count')).toBeGreaterThan(devices.length)
  }
  const [victim = 0] = workersOf(program).values()
  process.kill(victim, 'SIGKILL')
  await eventually(() => expect(program.output()).toContain('A new worker process serves'))
  expect((await scrape())('mason_checkins_total')).toBe(devices.length)
})

test('workers end with a primary process that is killed, and the next start takes over', async () => {
  const { DATA_DIR, program, key } = await startTwo()
  const workers = [...workersOf(program).values()]
  await program.end('SIGKILL')
  await eventually(() => expect(workers.filter(isAlive)).toEqual([]))
  const next = await start({ DATA_DIR, WORKERS: '2' })
  await createClient({ baseUrl: next.url, key }).call(createGroup, { name: 'after' })
  expect(await next.end('SIGTERM')).toBe(0)
})

test('a PostgreSQL that is killed is started again by the primary process alone', async () => {
  const { DATA_DIR, owner, program } = await startTwo()
  const before = await postmasterPid(DATA_DIR)
  process.kill(before, 'SIGKILL')
  // Its backends answer for a moment longer.
  await eventually(async () => expect(await postmasterPid(DATA_DIR)).not.toBe(before))
  await eventually(() => owner.call(createGroup, { name: 'after' }))
  expect(await program.end('SIGTERM')).toBe(0)
})

test('what is wrong with a start is said once', async () => {
  const DATA_DIR = await newDataDir()
  const { url } = await start({ DATA_DIR })
  const { port } = new URL(url)
  const { code, output } = await runCommand(['serve'], { DATA_DIR: await newDataDir(), WORKERS: '2', PORT: port })
  expect(code).toBe(1)
  expect(output.split('PORT')).toHaveLength(2)
})
