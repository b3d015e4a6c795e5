import { createApiKey } from '@mason/contract/apikey'
import { listAuditEntries } from '@mason/contract/audit'
import { deleteDevice, exportDeviceData, getDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import { bulkDevices, getJob } from '@mason/contract/job'
import { listNotifications, notifyDevice } from '@mason/contract/notification'
import { registerSim } from '@mason/contract/sim'
import { createClient } from '@mason/sdk/client'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { ended, jobOf } from '../../../test/jobs.ts'
import { newIccid } from '../../../test/unique.ts'
import { verifyChain } from '../../outward/audit/verify.ts'

const platform = usePlatform()

async function newKnown(account: TestAccount) {
  const iccid = newIccid()
  await account.call(registerSim, { iccid })
  const device = await newDevice(platform, account)
  const location = { latitude: 52.5, longitude: 13.4, recordedAt: new Date().toISOString() }
  await device.checkIn({ location, connection: { sim: [{ iccid, mcc: '262', mnc: '01' }] } })
  await account.call(notifyDevice, { id: device.id, type: 'refresh' })
  return { ...device, iccid }
}

const dataPath = (id: string) => exportDeviceData.url.replace(':fleet', 'default').replace(':id', id)

test('all that is kept about a device is one download', async () => {
  const account = await platform.newAccount()
  const device = await newKnown(account)
  const answer = await platform.fetch(dataPath(device.id), { key: account.key })
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
  expect(answer.headers.get('content-disposition')).toContain(`device-${device.id}.ndjson`)
  const lines = (await answer.text()).trim().split('\n')
  const kinds = lines
    .map((line) => JSON.parse(line))
    .map(({ kind, data }) => [kind, data.type ?? data.action ?? data.iccid ?? ''])
  expect(kinds).toEqual([
    ['device', ''],
    ['sim', device.iccid],
    ['notification', 'refresh'],
    ['location', ''],
    ['event', 'device.enrolled'],
    ['event', 'sim.device'],
    ['event', 'notification.queued'],
    ['audit', 'notifyDevice'],
    ['audit', 'exportDeviceData'],
  ])
  expect((await platform.fetch(dataPath(crypto.randomUUID()), { key: account.key })).status).toBe(404)
})

test('an erasure leaves nothing of a device but its own entry, and a trail that is whole', async () => {
  const account = await platform.newAccount()
  const [device, other] = [await newKnown(account), await newKnown(account)]
  await account.call(createGroup, { name: 'doors' })
  await newDevice(platform, account, { group: 'doors', family: 'K7' })
  const refusing = { target: { devices: [device.id] }, change: { group: 'doors' } }
  const job = await ended(account, jobOf(await account.call(bulkDevices, refusing)))
  expect(job.failed).toMatchObject([{ device: device.id }])
  await account.call(deleteDevice, { id: device.id, erase: true })
  await expect(account.call(getDevice, { id: device.id })).rejects.toMatchObject({ status: 404 })
  await eventually(async () => {
    expect((await account.call(listEvents, { device: device.id })).data).toEqual([])
    expect((await account.call(listNotifications, { device: device.id })).data).toEqual([])
    expect(jobOf(await account.call(getJob, { id: job.id })).failed).toEqual([])
  })
  const { rows } = await platform.database.pool.query(
    'SELECT count(*)::int AS count FROM device_location WHERE account_id = $1 AND device_id = $2',
    [account.accountId, device.id],
  )
  expect(rows).toEqual([{ count: 0 }])
  expect((await account.call(listEvents, { device: other.id })).data).not.toEqual([])
  const { data } = await account.call(listAuditEntries, { limit: 1000 })
  expect(data.at(-1)).toMatchObject({
    action: 'deleteDevice',
    subject: { kind: 'device', id: device.id },
    after: { erased: true },
  })
  expect(JSON.stringify(data)).not.toContain(device.serialnumber)
  await platform.runJob('chain-audit')
  expect((await verifyChain(platform.database, account.accountId)).fault).toBeUndefined()
})

test('an erasure takes an owner', async () => {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account)
  const { data } = await account.call(createApiKey, { name: 'admin', scopes: ['fleet:admin'] })
  const byKey = createClient({ baseUrl: platform.url, authorization: `basic ${data[0]?.key}` })
  await expect(byKey.call(deleteDevice, { id, erase: true })).rejects.toMatchObject({ status: 403 })
  await account.call(getDevice, { id })
})
