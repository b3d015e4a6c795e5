import { once } from 'node:events'
import { connect } from 'node:net'
import { getDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { checkInAs, newDevice, type TestDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { useMqttDevices } from '../../../test/mqtt-device.ts'

const bound = 5_000
const platform = usePlatform({ DEVICE_RATE_PER_SECOND: '100000', DEVICE_RATE_BURST: '100000' })
const connectDevice = useMqttDevices()
const mqttUrl = () => `mqtt://127.0.0.1:${platform.mqttPort}`
const battery = (level: string) => ({ partial: true, battery: { level } })

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

/** Locks a table from another session, until it is told to let go. */
async function lock(table: string, mode: string) {
  const client = await platform.database.pool.connect()
  await client.query(`BEGIN; LOCK TABLE ${table} IN ${mode} MODE`)
  let isOver = false
  const letGo = async () => {
    if (isOver) return
    isOver = true
    await client.query('ROLLBACK')
    client.release()
  }
  closers.push(letGo)
  return letGo
}

/** Sends check-ins over one connection without waiting for their answers. */
async function pipeline({ id, secret }: TestDevice, count: number) {
  const socket = connect(Number(new URL(platform.url).port), '127.0.0.1')
  await once(socket, 'connect')
  closers.push(async () => socket.destroy())
  let heard = ''
  socket.setEncoding('latin1').on('data', (piece) => {
    heard += piece
  })
  const body = JSON.stringify(battery('1'))
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const head = `POST /agent/v1/checkin HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Length: ${body.length}\r\n\r\n`
  socket.write(`${head}${body}`.repeat(count))
  return {
    statuses: () => [...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status)),
    retryAfter: () => [...heard.matchAll(/^retry-after: (\d+)/gim)].map(([, seconds]) => Number(seconds)),
  }
}

async function waiting(account: TestAccount): Promise<number> {
  const metrics = await (await platform.fetch('/metrics', { key: account.key })).text()
  return Number(/^mason_queue_depth\{queue="checkins"\} (\d+)$/m.exec(metrics)?.[1])
}

describe('check-ins while nothing can be written', () => {
  test('wait up to a bound and are refused past it; none waits for as long as the lock; then all goes on', async () => {
    const account = await platform.newAccount({ isOperator: true })
    const [many, late, byMqtt] = await Promise.all([
      newDevice(platform, account),
      newDevice(platform, account),
      newDevice(platform, account),
    ])
    const connected = await connectDevice(byMqtt, mqttUrl())
    const onClose = vi.fn()
    connected.client.on('close', onClose)
    const letGo = await lock('heartbeat', 'EXCLUSIVE')

    const flood = await Promise.all(Array.from({ length: 50 }, () => pipeline(many, bound / 50)))
    await eventually(async () => expect(await waiting(account)).toBe(bound))
    await expect(late.checkIn(battery('2'))).rejects.toMatchObject({
      status: 503,
      type: 'api_error',
      retryAfterMs: expect.any(Number),
    })
    expect(flood.flatMap(({ statuses }) => statuses())).toEqual([])
    // Nothing but check-ins waits.
    expect((await platform.fetch('/healthz')).status).toBe(200)
    expect((await account.call(getDevice, { id: late.id })).data).toHaveLength(1)

    const acknowledged = connected.checkIn(battery('3'))
    const answered = () =>
      Object.groupBy(
        flood.flatMap(({ statuses }) => statuses()),
        String,
      )
    await eventually(() => expect(answered()).toEqual({ 503: Array(bound).fill(503) }))
    expect(flood.flatMap(({ retryAfter }) => retryAfter())).toHaveLength(bound)

    await letGo()
    await acknowledged
    await late.checkIn(battery('4'))
    const levelOf = async ({ id }: TestDevice) => (await account.call(getDevice, { id })).data[0]?.battery?.level
    expect(await levelOf(byMqtt)).toBe('3')
    expect(await levelOf(late)).toBe('4')
    expect(onClose).not.toHaveBeenCalled()
    await eventually(async () => expect(await waiting(account)).toBe(0))
  }, 60_000)
})

test('a credential that cannot be looked up is refused as what passes, over HTTP and MQTT', async () => {
  const device = await newDevice(platform, await platform.newAccount())
  // Nothing is known to a node that has just started.
  const other = await platform.addNode()
  closers.push(other.stop)
  const letGo = await lock('device', 'ACCESS EXCLUSIVE')
  const url = `${other.url.replace('http', 'ws')}/mqtt`
  await Promise.all([
    expect(connectDevice(device, url)).rejects.toMatchObject({ code: 3 }),
    expect(checkInAs(other.url, device)()).rejects.toMatchObject({ status: 503, retryAfterMs: expect.any(Number) }),
  ])
  await letGo()
  await connectDevice(device, url)
  await checkInAs(other.url, device)()
}, 60_000)

test('a device that comes and goes while nothing can be written leaves one change to write', async () => {
  const account = await platform.newAccount()
  const device = await newDevice(platform, account)
  const letGo = await lock('device', 'EXCLUSIVE')
  for (let visit = 0; visit < 20; visit++) await (await connectDevice(device, mqttUrl())).leave()
  await connectDevice(device, mqttUrl())
  await letGo()
  await eventually(async () => {
    const gateways = await platform.database.pool.query('SELECT gateway FROM device WHERE id = $1', [device.id])
    expect(gateways.rows).toEqual([{ gateway: expect.any(String) }])
  })
  const { data: events } = await account.call(listEvents, { device: device.id, type: 'device.' })
  expect(events.map(({ type }) => type)).toEqual(['device.enrolled'])
}, 60_000)
