import { countAlerts, getAlert, listAlerts, updateAlert } from '@mason/contract/alert'
import { listAlertRules } from '@mason/contract/alert-rule'
import { createDeployment, updateDeployment } from '@mason/contract/deployment'
import { deleteDevice, updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { updateSim } from '@mason/contract/sim'
import { changeSubscription } from '@mason/contract/subscription'
import { createWebhook, listWebhookDeliveries } from '@mason/contract/webhook'
import { describe, expect, test } from 'vitest'
import { alertsOf, firstAlert, followAll, lookAll, newRule, passTime, runAll } from '../../../test/alerts.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { judge, newSim, today, use } from '../../../test/judged-usage.ts'
import { newDeployment } from '../../../test/makers.ts'
import { send } from '../../../test/notifications.ts'
import { sendReport } from '../../../test/reports.ts'
import { follow as followForWebhooks } from '../webhook/follow.ts'

const platform = usePlatform({}, { areJobsRunning: false })

const withLevel = (level: number) => ({ bootId: 'boot-1', battery: { level: String(level) } })
const eventsOf = async ({ call }: TestAccount, type: string) => (await call(listEvents, { type })).data

/** Has the sweep mark what was not heard of for a day. */
async function silence(account: TestAccount, ...devices: { id: string }[]): Promise<void> {
  await platform.upFor(86_400)
  await platform.database.pool.query(
    `UPDATE heartbeat SET last_checkin = now() - interval '2 hours' WHERE account_id = $1 AND device_id = ANY ($2)`,
    [account.accountId, devices.map(({ id }) => id)],
  )
  await runAll(platform, 'sweep-presence')
}

describe('an alert', () => {
  test('opens once for each subject, and ends when its condition is over', async () => {
    const account = await platform.newAccount()
    const [weak, strong] = [await newDevice(platform, account, { name: 'weak' }), await newDevice(platform, account)]
    await weak.checkIn(withLevel(9))
    await strong.checkIn(withLevel(90))
    const rule = await newRule(account, { condition: 'device.battery', below: 15, severity: 'critical' })
    await lookAll(platform)
    await lookAll(platform)
    expect(await alertsOf(account, rule)).toEqual([`${weak.id} open`])
    expect((await account.call(countAlerts)).data[0]).toEqual({ open: 1, acknowledged: 0, critical: 1 })
    const [opened] = await eventsOf(account, 'alert.opened')
    const alert = await firstAlert(account, rule)
    expect(alert).toMatchObject({
      ...{ condition: 'device.battery', severity: 'critical', data: { level: '9' }, rule: { id: rule } },
      subject: { kind: 'device', id: weak.id, name: 'weak' },
      device: { id: weak.id, self: `/v1/default/device/${weak.id}` },
    })
    expect(opened).toMatchObject({
      ...{ actor: { kind: 'system' }, subject: { kind: 'alert', id: alert.id } },
      data: { condition: 'device.battery', found: { level: '9' }, about: { name: 'weak' }, rule: { id: rule } },
    })
    await weak.checkIn(withLevel(80))
    await lookAll(platform)
    expect(await alertsOf(account, rule)).toEqual([`${weak.id} resolved`])
    expect(await eventsOf(account, 'alert.resolved')).toHaveLength(1)
    expect((await account.call(countAlerts)).data[0]).toEqual({ open: 0, acknowledged: 0, critical: 0 })
    await weak.checkIn(withLevel(8))
    await lookAll(platform)
    expect(await alertsOf(account, rule)).toEqual([`${weak.id} resolved`, `${weak.id} open`])
  })

  test('is listed by state, rule, device and severity', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await device.checkIn(withLevel(9))
    const [low, lower] = [
      await newRule(account, { condition: 'device.battery', below: 15, severity: 'info' }),
      await newRule(account, { condition: 'device.battery', below: 10 }),
    ]
    await lookAll(platform)
    const rules = async (query: object) =>
      (await account.call(listAlerts, query)).data.map(({ rule }) => rule.id).sort()
    expect(await rules({})).toEqual([low, lower].sort())
    expect(await rules({ state: 'open', device: device.id })).toHaveLength(2)
    expect(await rules({ state: 'resolved' })).toEqual([])
    expect(await rules({ severity: 'info' })).toEqual([low])
    expect(await rules({ rule: lower })).toEqual([lower])
    const { id } = await firstAlert(account, low)
    const other = await platform.newAccount()
    await expect(other.call(getAlert, { id })).rejects.toMatchObject({ status: 404 })
    await expect(other.call(updateAlert, { id, state: 'resolved' })).rejects.toMatchObject({ status: 404 })
    expect((await other.call(listAlerts)).data).toEqual([])
  })

  test('waits until its condition has held for long enough, and stays when that comes back soon', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const rule = await newRule(account, { condition: 'device.battery', below: 15, for: 30 })
    const after = async (level: number) => {
      await device.checkIn(withLevel(level))
      await lookAll(platform)
      return alertsOf(account, rule)
    }
    expect(await after(9)).toEqual([])
    expect(await after(50)).toEqual([])
    await passTime(platform)
    expect(await after(9)).toEqual([])
    await passTime(platform)
    expect(await after(9)).toEqual([`${device.id} open`])
    expect(await after(50)).toEqual([`${device.id} open`])
    expect(await after(9)).toEqual([`${device.id} open`])
    await passTime(platform)
    expect(await after(50)).toEqual([`${device.id} open`])
    await passTime(platform)
    expect(await alertsOf(account, rule)).toEqual([`${device.id} resolved`])
    expect(await eventsOf(account, 'alert.opened')).toHaveLength(1)
  })

  test('is acknowledged and resolved by hand with a note, and opens again only after its condition was over', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const rule = await newRule(account, { condition: 'device.battery', below: 15 })
    const after = async (level: number) => {
      await device.checkIn(withLevel(level))
      await lookAll(platform)
      return (await alertsOf(account, rule)).map((alert) => alert.split(' ')[1])
    }
    await after(9)
    const { id } = await firstAlert(account, rule)
    const { data } = await account.call(updateAlert, { id, state: 'acknowledged', note: 'On my way' })
    expect(data[0]).toMatchObject({
      state: 'acknowledged',
      note: 'On my way',
      acknowledgedBy: { kind: 'key', name: 'owner' },
    })
    expect(await after(8)).toEqual(['acknowledged'])
    const resolved = (await account.call(updateAlert, { id, state: 'resolved' })).data[0]
    expect(resolved).toMatchObject({ note: 'On my way', resolvedBy: { kind: 'key' }, resolvedAt: expect.any(String) })
    await expect(account.call(updateAlert, { id, state: 'acknowledged' })).rejects.toMatchObject({ status: 409 })
    expect(await after(7)).toEqual(['resolved'])
    expect(await after(70)).toEqual(['resolved'])
    expect(await after(6)).toEqual(['resolved', 'open'])
    expect((await eventsOf(account, 'alert.resolved')).map(({ actor }) => actor.kind)).toEqual(['key'])
  })

  test('opens once, however many nodes look at once', async () => {
    const account = await platform.newAccount()
    const devices = await Promise.all([1, 2, 3, 4, 5].map(() => newDevice(platform, account)))
    const rule = await newRule(account, { condition: 'device.offline' })
    await silence(account, ...devices)
    await Promise.all([followAll(platform), lookAll(platform), followAll(platform), followAll(platform)])
    await lookAll(platform)
    expect(await alertsOf(account, rule)).toHaveLength(5)
    expect(await eventsOf(account, 'alert.opened')).toHaveLength(5)
    await Promise.all(devices.map((device) => device.checkIn()))
    await Promise.all([followAll(platform), lookAll(platform), followAll(platform)])
    await lookAll(platform)
    expect(await eventsOf(account, 'alert.resolved')).toHaveLength(5)
  })

  test('ends with its device', async () => {
    const account = await platform.newAccount()
    const [device, other] = [await newDevice(platform, account), await newDevice(platform, account)]
    await other.checkIn()
    const rule = await newRule(account, { condition: 'device.offline' })
    await silence(account, device)
    await followAll(platform)
    expect(await alertsOf(account, rule)).toEqual([`${device.id} open`])
    await account.call(deleteDevice, { id: device.id })
    await followAll(platform)
    expect(await alertsOf(account, rule)).toEqual([`${device.id} resolved`])
  })
})

test('webhooks that a rule names get the events of its alerts, whatever their types', async () => {
  const account = await platform.newAccount()
  const hook = { url: 'https://hooks.invalid/mason', types: ['build.finished'] }
  const [named, other] = [
    (await account.call(createWebhook, hook)).data[0]?.id ?? '',
    (await account.call(createWebhook, hook)).data[0]?.id ?? '',
  ]
  const device = await newDevice(platform, account)
  await device.checkIn(withLevel(9))
  await newRule(account, { condition: 'device.battery', below: 15, notify: { webhooks: [named] } })
  await newRule(account, { condition: 'device.battery', below: 20 })
  await lookAll(platform)
  await device.checkIn(withLevel(90))
  await lookAll(platform)
  while ((await followForWebhooks(platform.database)).isMore) {}
  const delivered = async (id: string) =>
    (await account.call(listWebhookDeliveries, { id })).data.map(({ event }) => event.type)
  expect(await delivered(named)).toEqual(['alert.opened', 'alert.resolved'])
  expect(await delivered(other)).toEqual([])
})

test('while the platform hears of no device there is one alert, and then those of devices that do not come back', async () => {
  const account = await platform.newAccount()
  const devices = await Promise.all(Array.from({ length: 12 }, () => newDevice(platform, account)))
  const rule = await newRule(account, { condition: 'device.offline' })
  await silence(account, ...devices)
  await lookAll(platform)
  expect(await alertsOf(account, rule)).toEqual(['platform open'])
  await Promise.all(devices.slice(1).map((device) => device.checkIn()))
  await lookAll(platform)
  await passTime(platform)
  expect((await alertsOf(account, rule))[0]).toBe('platform resolved')
  await passTime(platform)
  expect(await alertsOf(account, rule)).toEqual(['platform resolved', `${devices[0]?.id} open`])
})

describe('the condition', () => {
  test('notification.failed tells of the last command of a device, and of each failure once', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const rule = await newRule(account, { condition: 'notification.failed', notificationType: 'application' })
    const end = async (type: 'application' | 'refresh', state: 'failed' | 'acknowledged') => {
      const id = await send(account, device, { type })
      await device.checkIn()
      await device.checkIn({
        bootId: 'boot-1',
        notificationStates: [{ id, state, ...(state === 'failed' && { reason: 'no' }) }],
      })
      await followAll(platform)
      return (await alertsOf(account, rule)).map((alert) => alert.split(' ')[1])
    }
    expect(await end('refresh', 'failed')).toEqual([])
    expect(await end('application', 'failed')).toEqual(['open'])
    expect(await end('application', 'failed')).toEqual(['open'])
    const { id, data } = await firstAlert(account, rule)
    expect(data).toMatchObject({ type: 'application', reason: 'no' })
    await account.call(updateAlert, { id, state: 'resolved', note: 'known' })
    await lookAll(platform)
    expect(await end('application', 'failed')).toEqual(['resolved', 'open'])
  })

  test('deployment.paused is enabled from the first start', async () => {
    const account = await platform.newAccount()
    const { data } = await account.call(createDeployment, await newDeployment(account))
    const id = data[0]?.id ?? ''
    await account.call(updateDeployment, { id, state: 'paused' })
    await followAll(platform)
    const alerts = async () => (await account.call(listAlerts)).data
    expect(await alerts()).toMatchObject([
      { state: 'open', subject: { kind: 'deployment', id }, data: { version: '1' } },
    ])
    await account.call(updateDeployment, { id, state: 'running' })
    await followAll(platform)
    expect(await alerts()).toMatchObject([{ state: 'resolved' }])
  })

  test('device.report_fault and device.conflict hold as long as the device says so', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const [faulty, double] = [
      await newRule(account, { condition: 'device.report_fault' }),
      await newRule(account, { condition: 'device.conflict' }),
    ]
    await sendReport(platform, device, { bootId: 'boot-1', battery: { level: 'x' } })
    for (const bootId of ['a', 'b', 'a', 'b', 'a', 'b']) await device.checkIn({ bootId, partial: true })
    await followAll(platform)
    expect(await alertsOf(account, faulty)).toEqual([`${device.id} open`])
    expect(await alertsOf(account, double)).toEqual([`${device.id} open`])
    expect((await firstAlert(account, faulty)).data).toMatchObject({ faults: [{ path: '/battery/level' }] })
    await device.checkIn({ bootId: 'a' })
    await account.call(updateDevice, { id: device.id, conflict: false })
    await lookAll(platform)
    expect(await alertsOf(account, faulty)).toEqual([`${device.id} resolved`])
    expect(await alertsOf(account, double)).toEqual([`${device.id} resolved`])
  })

  test('sim.limit, sim.imei_lock and pool.threshold', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, { bytes: 1_000, action: 'alert' })
    const imei = '356938035643809'
    await newDevice(platform, account, { imei })
    const rules = {
      limit: await newRule(account, { condition: 'sim.limit', filter: 'carrier==manual' }),
      pool: await newRule(account, { condition: 'pool.threshold', percent: 50 }),
    }
    await account.call(changeSubscription, { type: 'device_data_pool', value: 2_000 })
    await use(platform, account, iccid, [today, 1_000])
    await judge(platform)
    await lookAll(platform)
    expect(await alertsOf(account, rules.limit)).toEqual([`${iccid} open`])
    expect((await firstAlert(account, rules.limit)).data).toMatchObject({ used: 1_000, limit: 1_000 })
    expect(await alertsOf(account, rules.pool)).toEqual([`${account.accountId} open`])
    await account.call(updateSim, { iccid, dataLimit: { bytes: 5_000, action: 'alert' } })
    await account.call(changeSubscription, { type: 'device_data_pool', value: 20_000 })
    await judge(platform)
    await lookAll(platform)
    expect(await alertsOf(account, rules.limit)).toEqual([`${iccid} resolved`])
    expect(await alertsOf(account, rules.pool)).toEqual([`${account.accountId} resolved`])
  })

  test('webhook.failing waits for a quarter of an hour from the first start', async () => {
    const account = await platform.newAccount()
    const { data } = await account.call(listAlertRules)
    expect(data.find(({ condition }) => condition === 'webhook.failing')).toMatchObject({ for: 15, enabled: true })
  })
})
