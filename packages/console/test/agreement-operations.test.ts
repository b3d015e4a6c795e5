import { listAlerts, updateAlert } from '@mason/contract/alert'
import { createAlertRule, deleteAlertRule, updateAlertRule } from '@mason/contract/alert-rule'
import { createApiKey, deleteApiKey } from '@mason/contract/apikey'
import { createCarrier, deleteCarrier } from '@mason/contract/carrier'
import { createGroup } from '@mason/contract/group'
import { bulkDevices } from '@mason/contract/job'
import { createSchedule, deleteSchedule, updateSchedule } from '@mason/contract/schedule'
import { registerSim, updateSim } from '@mason/contract/sim'
import { countSims } from '@mason/contract/sim-count'
import { deleteUser, inviteUser, updateUser } from '@mason/contract/user'
import { createView, deleteView } from '@mason/contract/view'
import { createWebhook, deleteWebhook, updateWebhook } from '@mason/contract/webhook'
import type { Route } from 'playwright-core'
import { expect, test } from 'vitest'
import { eventually } from '../../server/test/eventually.ts'
import { newDevice } from '../../server/test/factories.ts'
import { newIccid } from '../../server/test/unique.ts'
import { consoleUnderTest } from './console.ts'
import { pagesSideBySide } from './side-by-side.ts'

const controller = consoleUnderTest()
const beside = pagesSideBySide(controller)

test('keys and users', async () => {
  const { call } = controller.account
  const { agree } = await beside.open({ keys: '/keys', users: '/users', activity: '/activity' })
  const key = (await call(createApiKey, { name: 'label printer', scopes: ['fleet:read'] })).data[0]
  await agree('key', { keys: 'label printer', activity: 'API key “label printer” created' })
  await call(deleteApiKey, { id: key?.id ?? '' })
  await agree('no key', { activity: 'API key “label printer” deleted' }, { keys: 'label printer' })
  const id = (await call(inviteUser, { email: 'rosalind@example.com', scopes: ['fleet:read'] })).data[0]?.id ?? ''
  await agree('user', { users: 'rosalind@example.com', activity: 'rosalind@example.com invited' })
  await call(updateUser, { id, name: 'Rosalind' })
  await agree('name', { users: 'Rosalind, rosalind@example.com', activity: 'User Rosalind' })
  await call(deleteUser, { id })
  await agree('no user', { activity: 'User Rosalind removed' }, { users: 'rosalind' })
})

test('a webhook: made, changed, disabled, deleted', async () => {
  const { call } = controller.account
  const hook = { url: 'https://hooks.invalid/agree', types: ['group.*'], description: 'Night desk' }
  const id = (await call(createWebhook, hook)).data[0]?.id ?? ''
  const { agree } = await beside.open({ webhooks: '/webhooks', webhook: `/webhooks/${id}`, activity: '/activity' })
  await agree('webhook', { webhooks: /Night desk.*enabled/, webhook: /Night desk.*enabled/ })
  await call(updateWebhook, { id, description: 'Day desk', types: ['sim.*'] })
  const renamed = { webhooks: /Day desk.*sim\.\*/, webhook: /Day desk.*sim\.\*/ }
  await agree('change', renamed, { webhooks: 'Night desk', webhook: 'Night desk' })
  await call(updateWebhook, { id, enabled: false })
  await agree('disabling', { webhooks: /Day desk.*disabled/, webhook: /Day desk.*disabled/ })
  await call(deleteWebhook, { id })
  const gone = { webhook: 'could not be loaded', activity: `Webhook ${id.slice(-8)} was deleted` }
  await agree('deletion', gone, { webhooks: 'Day desk' })
})

test('an alert rule and its alert: made, opened, acknowledged, resolved', async () => {
  const { account, platform } = controller
  const { call } = account
  const device = await newDevice(platform, account, { name: 'scale-1' })
  await device.checkIn({ bootId: 'b', battery: { level: '3' } })
  const { agree } = await beside.open({
    rules: '/alerts/rules',
    alerts: '/alerts?severity=critical',
    acknowledged: '/alerts?severity=critical&state=acknowledged',
    activity: '/activity',
  })
  const watched = { name: 'Empty scales', condition: 'device.battery', below: 5, severity: 'critical' } as const
  const id = (await call(createAlertRule, { ...watched, filter: 'name=="scale*"' })).data[0]?.id ?? ''
  const alert = await eventually(async () => {
    const [found] = (await call(listAlerts, { rule: id })).data
    expect(found).toBeDefined()
    return found?.id ?? ''
  })
  const begun = { rules: /Empty scales.*enabled/, alerts: /scale-1.*open/ }
  await agree('alert', { ...begun, activity: /scale-1/ }, { acknowledged: 'scale-1' })
  await call(updateAlert, { id: alert, state: 'acknowledged', note: 'On my way' })
  await agree('acknowledged', { acknowledged: /scale-1.*On my way/ }, { alerts: 'scale-1' })
  await call(updateAlertRule, { id, name: 'Dead scales', enabled: false })
  await agree('rule', { rules: /Dead scales.*disabled/ }, { rules: 'Empty scales' })
  await call(deleteAlertRule, { id })
  await agree('no rule', {}, { rules: 'Dead scales' })
})

test('a schedule: made, paused, deleted', async () => {
  const { call } = controller.account
  const reboot = { notification: { type: 'reboot', target: { group: beside.things.group } } } as const
  const nightly = { name: 'Night shift', cron: '0 4 * * *', timezone: 'Europe/Paris', action: reboot }
  const schedule = (await call(createSchedule, nightly)).data[0]?.id ?? ''
  const { agree } = await beside.open({
    schedules: '/schedules',
    schedule: `/schedules/${schedule}`,
    audit: '/audit',
  })
  await agree('schedule', { schedules: /Night shift.*enabled/, schedule: /Night shift.*enabled/ })
  await call(updateSchedule, { id: schedule, enabled: false })
  await agree('paused', { schedules: /Night shift.*disabled/, schedule: 'disabled', audit: 'Update schedule' })
  await call(deleteSchedule, { id: schedule })
  await agree('no schedule', { schedule: 'could not be loaded' }, { schedules: 'Night shift' })
})

test('a connection to a carrier, a SIM, a job', async () => {
  const { call } = controller.account
  const { agree } = await beside.open({ carriers: '/carriers', jobs: '/jobs', sims: '/sims', audit: '/audit' })
  await call(createCarrier, { type: 'simulated', name: 'harbor-cards' })
  await agree('carrier', { carriers: 'harbor-cards', audit: 'Create carrier' })
  await call(deleteCarrier, { name: 'harbor-cards' })
  await agree('no carrier', { audit: 'Delete carrier' }, { carriers: 'harbor-cards' })
  const iccid = newIccid()
  await call(registerSim, { iccid })
  const size = (await call(countSims, {})).data[0]?.count
  await agree('another SIM', { sims: new RegExp(`${iccid}.* ${size} SIMs`) })
  const change = { labels: { quay: '12' } }
  await call(bulkDevices, { target: { filter: { group: beside.things.group } }, change })
  await agree('job', { jobs: /quay: 12/, audit: 'Bulk devices' })
})

test('views of devices and SIMs: made, matched by more, deleted', async () => {
  const { account, platform } = controller
  const { call } = account
  const [dim, quay] = ['name=="lamp*" and battery.level<9', 'name=="quay*"']
  const first = await newDevice(platform, account, { name: 'lamp-1' })
  await first.checkIn({ bootId: 'b', battery: { level: '8' } })
  const iccid = newIccid()
  await call(registerSim, { iccid, name: 'quay 1' })
  // Views are in the menu, beside the page.
  const { agree } = await beside.open(
    {
      overview: '/',
      devices: `/devices?filter=${encodeURIComponent(dim)}`,
      sims: `/sims?filter=${encodeURIComponent(quay)}`,
    },
    'body',
  )
  const inEach = (words: RegExp) => ({ overview: words, devices: words, sims: words })
  const ofDevices = (await call(createView, { name: 'Dim lamps', kind: 'device', filter: dim, shared: true })).data[0]
  const ofSims = (await call(createView, { name: 'Quay cards', kind: 'sim', filter: quay, shared: true })).data[0]
  await agree('views', inEach(/Dim lamps 1\b.*Quay cards 1\b|Quay cards 1\b.*Dim lamps 1\b/))
  await agree('lists', { devices: /lamp-1.* 1 device\b/, sims: /quay 1.* 1 SIM\b/ })
  const second = await newDevice(platform, account, { name: 'lamp-2' })
  await second.checkIn({ bootId: 'b', battery: { level: '7' } })
  const dimmer = /Dim lamps 2\b/
  await agree('check-in', { ...inEach(dimmer), devices: /Dim lamps 2\b.*lamp-2.* 2 devices/ })
  await call(updateSim, { iccid, body: { name: 'shed 1' } })
  await agree('rename', { ...inEach(/Quay cards 0\b/), sims: /Quay cards 0\b.*No matching SIMs/ })
  for (const view of [ofDevices, ofSims]) await call(deleteView, { id: view?.id ?? '' })
  for (const name of ['Dim lamps', 'Quay cards'])
    await agree('no views', {}, { overview: name, devices: name, sims: name })
})

test('a read that takes long is not begun anew by what happens meanwhile', async () => {
  const { call } = controller.account
  const { agree, told, pages, clock } = await beside.open({ groups: '/groups' })
  const held: Route[] = []
  let isHeld = true
  await pages.get('groups')?.route(/\/v1\/default\/group\?/, async (route) => {
    if (isHeld) held.push(route)
    else await route.continue()
  })
  await call(createGroup, { name: 'slow-1' })
  await eventually(async () => {
    await clock.runFor(1)
    expect(held).toHaveLength(1)
  })
  await call(createGroup, { name: 'slow-2' })
  await told()
  await clock.runFor(1000)
  expect(held).toHaveLength(1)
  isHeld = false
  await held[0]?.continue()
  await agree('both', { groups: /slow-1.*slow-2/ })
})
