import { randomUUID } from 'node:crypto'
import { getDevice } from '@mason/contract/device'
import { createEnrollment, type EnrollAnswer, enroll } from '@mason/contract/enrollment'
import { type Event, listEvents } from '@mason/contract/event'
import { createGroup, listGroups } from '@mason/contract/group'
import { listNotifications, notifyDevice } from '@mason/contract/notification'
import { registerSim } from '@mason/contract/sim'
import { getSimUsage } from '@mason/contract/usage'
import { type Client, createClient } from '@mason/sdk/client'
import { expect } from 'vitest'
import { eventually } from '../eventually.ts'
import { checkInAs } from '../factories.ts'
import { connectDevice } from '../mqtt-device.ts'
import { newIccid } from '../unique.ts'
import type { Cluster } from './cluster.ts'
import type { Load } from './load.ts'

const devicesOfKind = 8
const recordsInFile = 50
const start = '2026-11-02T10:00:00Z'

/** What a fleet and its operators do all the time, and what of it was acknowledged. */
export async function startWork(cluster: Cluster, load: Load) {
  const { url, ownerKey: key } = cluster
  /** Apart from what other tests do. */
  const prefix = randomUUID()
  const patient = createClient({ baseUrl: url, key, maxRetries: 100 })
  /** Each of its calls is tried once. */
  const once = createClient({ baseUrl: url, key, maxRetries: 0, timeoutMs: 10_000 })
  const { token = '' } = (await patient.call(createEnrollment, {})).data[0] ?? {}
  const newDevice = () =>
    createClient({ baseUrl: url, maxRetries: 100 }).call(enroll, {
      token,
      serialnumber: randomUUID(),
      family: 'D450',
      bootId: 'b',
    })
  const newDevices = () => Promise.all(Array.from({ length: devicesOfKind }, newDevice))

  const reported = await checkIns(cluster, load, await newDevices())
  const commands = await commanded(cluster, load, once, await newDevices(), prefix)
  const groups: string[] = []
  load.add('groups', 100, (count) => {
    const name = `${prefix}-${count}`
    return once.call(createGroup, { name }, { idempotencyKey: `group-${name}` }).then(() => void groups.push(name))
  })
  const usage = await ingested(cluster, load, patient)
  return {
    patient,
    /** Compares what is there with what was acknowledged. */
    check: async () => {
      await reported(patient)
      await commands(patient)
      await usage(patient)
      const kept = await all((after) => patient.call(listGroups, { limit: 1000, ...after }))
      const names = kept.map(({ name }) => name).filter((name) => name.startsWith(prefix))
      expect(names.sort()).toEqual(groups.sort())
      const events = await all((after) => patient.call(listEvents, { limit: 1000, ...after }))
      checkEvents(events, prefix, groups)
      return { groups: groups.length, events: events.length }
    },
  }
}

async function all<Item>(
  read: (after: { after?: string }) => Promise<{ data: Item[]; nextPage?: string | undefined }>,
): Promise<Item[]> {
  const items: Item[] = []
  for (let after: string | undefined; ; ) {
    const page = await read(after === undefined ? {} : { after })
    items.push(...page.data)
    after = page.nextPage
    if (after === undefined) return items
  }
}

/** Every change has one event, in the order of their ids. */
function checkEvents(events: Event[], prefix: string, groups: string[]) {
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
  const subjectsOf = (wanted: string) => events.filter(({ type }) => type === wanted).map(({ subject }) => subject.id)
  const created = subjectsOf('group.created').filter((name) => name.startsWith(prefix))
  expect(created.sort()).toEqual(groups.sort())
  for (const type of ['notification.queued', 'notification.succeeded']) {
    const subjects = subjectsOf(type)
    expect(new Set(subjects).size, type).toBe(subjects.length)
  }
}

/** Devices that count what was acknowledged, over HTTP and over MQTT. */
async function checkIns(cluster: Cluster, load: Load, devices: EnrollAnswer[]) {
  const acknowledged = new Map<string, number>()
  const report = (count: number) => ({ partial: true, apps: [{ name: 'count', version: String(count) }] })
  for (const [index, device] of devices.entries()) {
    const isHttp = index % 2 === 0
    const connected = isHttp ? undefined : await connectDevice(cluster.mqttUrl, device, true, { reconnectPeriod: 500 })
    const checkIn = connected ? connected.checkIn : checkInAs(cluster.url, device)
    load.add(`check-ins ${isHttp ? 'HTTP' : 'MQTT'} ${index}`, 1_100, async (count) => {
      await checkIn(report(count))
      acknowledged.set(device.id, count)
    })
  }
  return async ({ call }: Client) => {
    for (const { id } of devices) {
      const [device] = (await call(getDevice, { id })).data
      expect(Number(device?.apps?.[0]?.version)).toBeGreaterThanOrEqual(acknowledged.get(id) ?? Number.NaN)
    }
  }
}

/** Commands to devices that carry each out once and acknowledge it as often as it comes. */
async function commanded(cluster: Cluster, load: Load, once: Client, devices: EnrollAnswer[], prefix: string) {
  const carriedOut = new Set<string>()
  const sent: string[] = []
  for (const device of devices) {
    const connected = await connectDevice(cluster.mqttUrl, device, true, { reconnectPeriod: 500 })
    connected.client.on('message', (_topic, payload) => {
      const command = JSON.parse(payload.toString()) as { id: string }
      carriedOut.add(command.id)
      connected.answer(command, { state: 'acknowledged' }).catch(() => {})
    })
  }
  load.add('commands', 100, async (count) => {
    const { id } = devices[count % devices.length] ?? { id: '' }
    const options = { idempotencyKey: `command-${prefix}-${count}` }
    const { data } = await once.call(notifyDevice, { id, type: 'application' }, options)
    sent.push(data[0]?.id ?? '')
  })
  return async (patient: Client) => {
    const ids = new Set(devices.map(({ id }) => id))
    const read = async () =>
      (await all((after) => patient.call(listNotifications, { type: 'application', limit: 1000, ...after }))).filter(
        ({ device }) => ids.has(device.id),
      )
    // One is sent again after 30 s, if its answer was lost.
    for (let attempt = 0; attempt < 3; attempt++)
      await eventually(async () =>
        expect((await read()).filter(({ state }) => state !== 'succeeded')).toEqual([]),
      ).catch((error) => {
        if (attempt === 2) throw error
      })
    expect((await read()).map(({ id }) => id).sort()).toEqual(sent.toSorted())
    expect([...carriedOut].sort()).toEqual(sent.toSorted())
  }
}

/** Files of usage, each sent until it is acknowledged. */
async function ingested(cluster: Cluster, load: Load, patient: Client) {
  const iccid = newIccid()
  await patient.call(registerSim, { iccid })
  let files = 0
  load.add('usage', 200, async (count) => {
    const lines = Array.from({ length: recordsInFile }, (_, line) => `cdr-${count}-${line},${iccid},${start},7,3`)
    const answer = await fetch(`${cluster.url}/v1/default/usage`, {
      method: 'POST',
      headers: { authorization: `basic ${cluster.ownerKey}`, 'content-type': 'text/csv' },
      body: ['id,iccid,start,upload,download', ...lines].join('\n'),
      signal: AbortSignal.timeout(20_000),
    })
    if (answer.status !== 200) throw new Error(`status ${answer.status}`)
    const { data } = (await answer.json()) as { data: { accepted: number; duplicates: number }[] }
    expect((data[0]?.accepted ?? 0) + (data[0]?.duplicates ?? 0)).toBe(recordsInFile)
    files++
  })
  return async ({ call }: Client) => {
    const [month] = (await call(getSimUsage, { iccid, date: start })).data
    expect(month?.usage.total).toBe(files * recordsInFile * 10)
  }
}
