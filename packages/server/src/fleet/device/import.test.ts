import { listAuditEntries } from '@mason/contract/audit'
import { getDevice, listDevices, updateDevice } from '@mason/contract/device'
import { createExport, getExport } from '@mason/contract/export'
import { createGroup } from '@mason/contract/group'
import { getJob, type Job, listJobs } from '@mason/contract/job'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { ended, jobOf } from '../../../test/jobs.ts'

const platform = usePlatform()

async function send({ key }: TestAccount, body: string, { type = 'text/csv', query = '' } = {}) {
  const answer = await platform.fetch(`/v1/default/device/import${query}`, {
    method: 'POST',
    key,
    body,
    headers: { 'content-type': type },
  })
  return { status: answer.status, body: (await answer.json()) as { data: Job[]; message: string } }
}

async function imported(account: TestAccount, ...what: [body: string, how?: { type?: string; query?: string }]) {
  const { status, body } = await send(account, ...what)
  expect(status, JSON.stringify(body)).toBe(200)
  return ended(account, jobOf(body))
}

const rejectedOf = async ({ key }: TestAccount, { rejectedUrl = '' }: Job) =>
  (await platform.fetch(rejectedUrl, { key })).text()

test('lines name devices by id, serial number or IMEI, and say what they are to be', async () => {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  const one = await newDevice(platform, account)
  const two = await newDevice(platform, account, { serialnumber: 'SN;2' })
  const three = await newDevice(platform, account, { imei: '356938035643809' })
  await account.call(updateDevice, { id: one.id, notes: 'stays', labels: { old: '1' } })
  const csv = [
    'ID;Serialnumber;IMEI;Name;Group;Notes;Label.store;Colour',
    `${one.id};;;Till 1;tills;;12;red`,
    `;"SN;2";;;;"'=SUM(1)";13;`,
    ';;35 693803 564380;Till 3;;;;',
  ].join('\r\n')
  const job = await imported(account, `\ufeff${csv}\r\n`)
  expect(job).toMatchObject({ kind: 'device.import', total: 3, done: 3, failed: [], ignoredColumns: ['Colour'] })
  const entries = (await account.call(listAuditEntries, { action: 'importDevices' })).data
  expect(entries.map(({ subject }) => subject)).toEqual([{ kind: 'job', id: job.id }])
  const shown = async (id: string) => (await account.call(getDevice, { id })).data[0]
  const [first, second, third] = [await shown(one.id), await shown(two.id), await shown(three.id)]
  expect(first).toMatchObject({
    name: 'Till 1',
    group: { name: 'tills' },
    notes: 'stays',
    labels: { old: '1', store: '12' },
  })
  expect(second).toMatchObject({ group: { name: 'unassigned' }, notes: '=SUM(1)', labels: { store: '13' } })
  expect(third).toMatchObject({ name: 'Till 3', group: { name: 'unassigned' } })
})

test('refused lines are told with their reasons, and their file can be mended and imported again', async () => {
  const account = await platform.newAccount()
  await newDevice(platform, account, { serialnumber: 'SN-1' })
  await newDevice(platform, account, { serialnumber: 'SN-2', imei: '356938035643809' })
  await newDevice(platform, account, { serialnumber: 'SN-3', imei: '356938035643809' })
  const csv = [
    'serialnumber,imei,name,group,label.store',
    'SN-1,,Till 1,,12',
    'SN-9,,Till 9,,"1,2"',
    'SN-2,,Till 2,nowhere,',
    ',,Till 4,,',
    'SN-3,"x"y',
    ',356938035643809,Till 5,,',
    `SN-3,,${'x'.repeat(201)},,`,
  ].join('\n')
  const job = await imported(account, csv)
  expect(job).toMatchObject({ total: 7, done: 1, failedTotal: 6 })
  const reasons = Object.fromEntries(job.failed.map(({ line, reason }) => [line, reason]))
  expect(reasons).toEqual({
    3: 'There is no device with the serialnumber SN-9',
    4: 'There is no group "nowhere"',
    5: 'has no id, serialnumber or imei',
    6: expect.stringContaining('quote'),
    7: 'Several devices have the imei 356938035643809',
    8: expect.stringMatching(/^name must have 1 to 200 characters/),
  })
  const rejected = await rejectedOf(account, job)
  expect(rejected.split('\r\n')[0]).toBe('line,reason,serialnumber,imei,name,group,label.store')
  expect(rejected).toContain('3,There is no device with the serialnumber SN-9,SN-9,,Till 9,,"1,2"\r\n')
  const mended = rejected.replace('SN-9,,', 'SN-2,,')
  expect(await imported(account, mended)).toMatchObject({ done: 1, failedTotal: 5, ignoredColumns: ['line', 'reason'] })
})

test('NDJSON takes labels as they are, and an export as it is', async () => {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account, { serialnumber: 'SN-1' })
  const lines = [{ serialnumber: 'SN-1', name: 'Till 1', labels: { store: '12' }, notes: 'a\nb' }, { id: 5 }, []]
  const type = 'application/x-ndjson'
  const job = await imported(account, lines.map((line) => JSON.stringify(line)).join('\n'), { type })
  expect(job).toMatchObject({ total: 3, done: 1, failed: [{ line: 2 }, { line: 3 }] })
  expect((await account.call(getDevice, { id })).data[0]).toMatchObject({ name: 'Till 1', notes: 'a\nb' })
  const removal = await imported(account, JSON.stringify({ id, labels: { store: null }, notes: null }), { type })
  expect(removal).toMatchObject({ done: 1 })
  const [device] = (await account.call(getDevice, { id })).data
  expect([device?.labels, device?.notes]).toEqual([undefined, undefined])
})

test.each(['csv', 'ndjson'] as const)('an export of devices as %s can be imported as it is', async (format) => {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  for (const name of ['=1+1', 'say "a;b"\r\nand more', 'é']) {
    const { id } = await newDevice(platform, account, { group: 'tills' })
    await account.call(updateDevice, { id, name, notes: `of ${name}`, labels: { store: name, 'floor.no': '1' } })
  }
  const before = (await account.call(listDevices, {})).data
  const { data } = await account.call(createExport, { kind: 'device', format })
  const contentUrl = await eventually(async () => {
    const [shown] = (await account.call(getExport, { id: data[0]?.id ?? '' })).data
    expect(shown?.contentUrl).toBeDefined()
    return shown?.contentUrl ?? ''
  })
  const file = await (await platform.fetch(contentUrl, { key: account.key })).text()
  for (const { id } of before) await account.call(updateDevice, { id, name: 'x', notes: '', labels: { store: null } })
  const type = format === 'csv' ? 'text/csv' : 'application/x-ndjson'
  expect(await imported(account, file, { type })).toMatchObject({ total: 3, done: 3, failed: [] })
  const said = (devices: typeof before) =>
    devices.map(({ name, labels, notes, group }) => ({ name, labels, notes, group }))
  expect(said((await account.call(listDevices, {})).data)).toEqual(said(before))
})

test('a dry run says what a run would say, and changes nothing', async () => {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account, { serialnumber: 'SN-1' })
  const csv = 'serialnumber,name,label.store\nSN-1,Till 1,12\nSN-2,Till 2,12\nSN-1,Till 1b,'
  const job = await imported(account, csv, { query: '?dryRun=true' })
  expect(job).toMatchObject({ dryRun: true, state: 'succeeded', total: 3, done: 2, failed: [{ line: 3 }] })
  const [device] = (await account.call(getDevice, { id })).data
  expect([device?.name, device?.labels]).toEqual(['SN-1', undefined])
  const { dryRun: _, ...run } = await imported(account, csv)
  expect({ done: run.done, failed: run.failed }).toEqual({ done: job.done, failed: job.failed })
  // The last line for a device counts.
  expect((await account.call(getDevice, { id })).data[0]).toMatchObject({ name: 'Till 1b', labels: { store: '12' } })
})

test('a file that is no list of devices is refused whole', async () => {
  const account = await platform.newAccount()
  expect(await send(account, 'name,group\nx,y')).toMatchObject({
    status: 400,
    body: { message: 'One of the columns id, serialnumber, imei is missing; there are name, group' },
  })
  expect((await account.call(listJobs, {})).data).toEqual([])
})

test('thousands of lines go in, some of them twice', async () => {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account, { serialnumber: 'SN-1' })
  const csv = `serialnumber,notes\n${Array.from({ length: 30 }, (_, n) => `SN-1,note ${n}`).join('\n')}\n${'SN-9,x\n'.repeat(2_500)}`
  const job = await imported(account, csv)
  expect(job).toMatchObject({ total: 2_530, done: 30, failedTotal: 2_500 })
  expect((await account.call(getDevice, { id })).data[0]?.notes).toBe('note 29')
  expect((await rejectedOf(account, job)).trim().split('\r\n')).toHaveLength(2_501)
  expect(jobOf(await account.call(getJob, { id: job.id }))).toEqual(job)
})
