import { createApiKey } from '@mason/contract/apikey'
import { listAuditEntries } from '@mason/contract/audit'
import { getDevice, listDevices, updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import { type BulkDevices, bulkDevices, cancelJob, getJob, listJobs, maxFailed } from '@mason/contract/job'
import { listNotifications } from '@mason/contract/notification'
import type { Scope } from '@mason/contract/scopes'
import { createClient } from '@mason/sdk/client'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { ended, jobOf } from '../../../test/jobs.ts'

const platform = usePlatform()

const start = async ({ call }: TestAccount, body: BulkDevices) => jobOf(await call(bulkDevices, body))
const run = async (account: TestAccount, body: BulkDevices) => ended(account, await start(account, body))

async function keyed({ call }: TestAccount, scope: Scope) {
  const { data } = await call(createApiKey, { name: 'least', scopes: [scope] })
  return createClient({ baseUrl: platform.url, key: data[0]?.key ?? '', maxRetries: 0 })
}

async function eventsOf(account: TestAccount, type: string) {
  return (await account.call(listEvents, { type, limit: 1_000 })).data
}

/** Many devices, all but one of which are only rows. */
async function fleetOf(account: TestAccount, size: number) {
  const device = await newDevice(platform, account)
  await platform.database.query(sql`
    INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash)
    SELECT account_id, new_id(), 'Till ' || n, 'TILL-' || n, family, group_name, 'none'
    FROM device, generate_series(2, ${size}) AS n WHERE id = ${device.id}`)
  return device
}

describe('a bulk change', () => {
  test('moves, labels and annotates each device of a filter once', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const devices = []
    for (let n = 0; n < 5; n++) devices.push(await newDevice(platform, account, { name: `Till ${n}` }))
    const [first, second, , , other] = devices
    await account.call(updateDevice, { id: other?.id ?? '', name: 'Door' })
    await account.call(updateDevice, { id: second?.id ?? '', labels: { store: '12', old: 'x' } })
    const change = { group: 'tills', labels: { store: '12', old: null }, notes: 'Moved.' }
    const job = await run(account, { target: { filter: { filter: 'name==Till*' } }, change })
    expect(job).toMatchObject({
      kind: 'device.bulk',
      state: 'succeeded',
      total: 4,
      done: 4,
      failed: [],
      failedTotal: 0,
      change,
    })
    const { data } = await account.call(listDevices, {})
    expect(data.map(({ group, labels, notes }) => [group.name, labels, notes])).toEqual([
      ...Array.from({ length: 4 }, () => ['tills', { store: '12' }, 'Moved.']),
      ['unassigned', undefined, undefined],
    ])
    expect(await eventsOf(account, 'device.moved')).toHaveLength(4)
    const changed = await eventsOf(account, 'device.changed')
    expect(changed.filter(({ subject }) => subject.id === first?.id).map((event) => event.data)).toEqual([
      { labels: { store: '12' }, notes: 'Moved.', job: job.id },
    ])
    expect(changed.at(-1)?.actor).toMatchObject({ kind: 'key' })
    // What is so already is done as well, and is no event.
    expect(await run(account, { target: { group: 'tills' }, change })).toMatchObject({ total: 4, done: 4, failed: [] })
    expect(await eventsOf(account, 'device.changed')).toHaveLength(changed.length)
  })

  test('says which devices were refused and why, and changes the others', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const till = await newDevice(platform, account, { group: 'tills', family: 'D450' })
    const door = await newDevice(platform, account, { family: 'K7' })
    const other = await newDevice(platform, account, { family: 'D450' })
    const devices = [till.id, door.id, other.id]
    const job = await run(account, { target: { devices }, change: { group: 'tills', labels: { a: 'b' } } })
    const reason = 'The group tills holds devices of the family D450, and this one is of the family K7'
    expect(job).toMatchObject({ total: 3, done: 2, failed: [{ device: door.id, reason }], failedTotal: 1 })
    const { data } = await account.call(getDevice, { id: door.id })
    expect(data[0]).toMatchObject({ group: { name: 'unassigned' } })
    expect(data[0]?.labels).toBeUndefined()
    const file = await platform.fetch(job.rejectedUrl ?? '', { key: account.key })
    expect(await file.text()).toBe(`device,reason\r\n${door.id},"${reason}"\r\n`)
    const entries = (await account.call(listAuditEntries, { subject: job.id })).data
    expect(entries.map(({ action, subject }) => [action, subject.kind])).toEqual([
      ['bulkDevices', 'job'],
      ['getRejected', 'job'],
    ])
  })

  test('shows the first refusals, and has all of them in a file', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'doors' })
    await newDevice(platform, account, { group: 'doors', family: 'K7' })
    await fleetOf(account, 450)
    const job = await run(account, { target: { filter: {} }, change: { group: 'doors' } })
    expect(job).toMatchObject({ total: 451, done: 1, failedTotal: 450 })
    expect(job.failed).toHaveLength(maxFailed)
    const file = await (await platform.fetch(job.rejectedUrl ?? '', { key: account.key })).text()
    expect(new Set(file.trim().split('\r\n')).size).toBe(451)
  })

  test('resets devices as a move of one does, in a batch of its own', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const { id } = await newDevice(platform, account, { group: 'tills' })
    const job = await run(account, { target: { group: 'tills' }, change: { group: 'unassigned' } })
    const { data } = await account.call(listNotifications, { device: id })
    expect(data).toMatchObject([{ type: 'wipe', batch: job.id }])
  })

  test('counts only, or insists on a number, where it is asked to', async () => {
    const account = await platform.newAccount()
    const { id } = await newDevice(platform, account)
    const body: BulkDevices = { target: { filter: { family: 'D450' } }, change: { notes: 'x' } }
    expect((await account.call(bulkDevices, { ...body, dryRun: true })).data).toEqual([
      { kind: 'device.bulk', total: 1, dryRun: true },
    ])
    await expect(account.call(bulkDevices, { ...body, expect: 2 })).rejects.toMatchObject({
      status: 409,
      message: 'The change would reach 1 device, not 2: send expect 1 if that is what you mean',
    })
    expect((await account.call(listJobs, {})).data).toEqual([])
    expect(await run(account, { ...body, expect: 1 })).toMatchObject({ done: 1 })
    expect((await account.call(getDevice, { id })).data[0]?.notes).toBe('x')
  })

  test('is refused whole for what is wrong with all of it', async () => {
    const account = await platform.newAccount()
    const change = { notes: 'x' }
    const refusal = (body: object) => account.call(bulkDevices, body as BulkDevices).catch((error) => error)
    expect(await refusal({ target: { filter: { filter: 'nmae==x' } }, change })).toMatchObject({
      status: 400,
      errors: [
        { path: '/target/filter/filter', message: expect.stringMatching(/^is wrong at position 1: expected one of/) },
      ],
    })
    expect(await refusal({ target: { group: 'nowhere' }, change })).toMatchObject({ status: 404 })
    expect(await refusal({ target: { devices: [crypto.randomUUID()] }, change })).toMatchObject({ status: 404 })
    expect(await refusal({ target: { filter: {} }, change: { group: 'nowhere' } })).toMatchObject({ status: 404 })
    expect(await refusal({ target: { filter: {} }, change: {} })).toMatchObject({ status: 400 })
    expect(await refusal({ target: { filter: {} }, change: { labels: { No: '1' } } })).toMatchObject({ status: 400 })
  })

  test('needs the scopes of what it changes, and so does its cancel', async () => {
    const account = await platform.newAccount()
    await newDevice(platform, account)
    const mover = await keyed(account, 'fleet:move')
    const target = { filter: {} }
    expect(jobOf(await mover.call(bulkDevices, { target, change: { group: 'unassigned' } })).state).toBe('queued')
    await expect(mover.call(bulkDevices, { target, change: { notes: 'x' } })).rejects.toMatchObject({ status: 403 })
    const job = await start(account, { target, change: { notes: 'x' } })
    await expect(mover.call(cancelJob, { id: job.id })).rejects.toMatchObject({ status: 403 })
  })
})

describe('a job', () => {
  test('passes over a device that somebody has locked, and comes back to it', async () => {
    const account = await platform.newAccount()
    const device = await fleetOf(account, 300)
    let job = { id: '' }
    await platform.database.transaction(async (tx) => {
      await tx.query(sql`SELECT FROM device WHERE id = ${device.id} FOR UPDATE`)
      job = await start(account, { target: { filter: {} }, change: { notes: 'x' } })
      await eventually(async () => expect(jobOf(await account.call(getJob, { id: job.id })).done).toBe(299))
      expect(jobOf(await account.call(getJob, { id: job.id })).state).toBe('running')
    })
    expect(await ended(account, job)).toMatchObject({ state: 'succeeded', total: 300, done: 300, failed: [] })
    expect(await eventsOf(account, 'device.changed')).toHaveLength(300)
  })

  test('is canceled in the middle: what is done stays done, and the rest is left', async () => {
    const account = await platform.newAccount()
    const device = await fleetOf(account, 300)
    await platform.database.transaction(async (tx) => {
      await tx.query(sql`SELECT FROM device WHERE id = ${device.id} FOR UPDATE`)
      const { id } = await start(account, { target: { filter: {} }, change: { notes: 'x' } })
      await eventually(async () => expect(jobOf(await account.call(getJob, { id })).done).toBe(299))
      const canceled = jobOf(await account.call(cancelJob, { id }))
      expect(canceled).toMatchObject({ state: 'canceled', total: 300, done: 299, finishedAt: expect.any(String) })
      await expect(account.call(cancelJob, { id })).rejects.toMatchObject({ status: 409 })
    })
    expect((await account.call(getDevice, { id: device.id })).data[0]?.notes).toBeUndefined()
  })

  test('is listed by kind and state, to those that may read what it changes', async () => {
    const account = await platform.newAccount()
    await newDevice(platform, account)
    const job = await run(account, { target: { filter: {} }, change: { notes: 'x' } })
    expect((await account.call(listJobs, { kind: 'device.bulk', state: 'succeeded' })).data).toEqual([job])
    expect((await account.call(listJobs, { kind: 'sim.bulk' })).data).toEqual([])
    const sims = await keyed(account, 'connect:read')
    expect((await sims.call(listJobs, {})).data).toEqual([])
    await expect(sims.call(getJob, { id: job.id })).rejects.toMatchObject({ status: 403 })
    const stranger = await platform.newAccount()
    await expect(stranger.call(getJob, { id: job.id })).rejects.toMatchObject({ status: 404 })
  })
})
