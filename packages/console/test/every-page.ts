import { listAlerts } from '@mason/contract/alert'
import { createAlertRule } from '@mason/contract/alert-rule'
import { createApiKey } from '@mason/contract/apikey'
import { createDeployment } from '@mason/contract/deployment'
import { createEnrollment } from '@mason/contract/enrollment'
import { createExport } from '@mason/contract/export'
import { createGroup } from '@mason/contract/group'
import { notifyDevices } from '@mason/contract/notification'
import { createSchedule } from '@mason/contract/schedule'
import { putMarker, registerSim } from '@mason/contract/sim'
import { inviteUser } from '@mason/contract/user'
import { createView } from '@mason/contract/view'
import { createWebhook, testWebhook } from '@mason/contract/webhook'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { buildProject, registerApk } from '../../server/test/artifacts.ts'
import { eventually } from '../../server/test/eventually.ts'
import { newDevice } from '../../server/test/factories.ts'
import type { Platform, TestAccount } from '../../server/test/harness.ts'
import { makeJob, makers } from '../../server/test/makers.ts'

/** What there is one of, or a few, in a furnished account. */
export interface Furnished {
  device: string
  iccid: string
  group: string
  /** A group without devices. */
  spare: string
  project: string
  app: string
  deployment: string
  batch: string
  job: string
  webhook: string
  schedule: string
  /** The name of a connection to a carrier. */
  carrier: string
  /** The e-mail address of somebody who was invited. */
  invited: string
}

const lowBattery = { name: 'Batteries', condition: 'device.battery', below: 90, severity: 'warning' } as const

/** Gives an account one of everything, so that each page has something to show. */
export async function furnish(platform: Platform, account: TestAccount): Promise<Furnished> {
  const { call } = account
  const invited = 'grace@example.com'
  const [group, spare, project, app, iccid] = ['lobby', 'spare', 'kiosk', 'com.example.kiosk', '8988303000000614224']
  await call(createGroup, { name: group, description: 'Screens of the lobby' })
  await call(createGroup, { name: spare })
  await call(inviteUser, { email: invited, scopes: ['fleet:read'] })
  await call(createEnrollment, { note: 'The front desk' })
  const device = await newDevice(platform, account, { group, name: 'lobby-1' })
  await device.checkIn({
    bootId: 'boot-1',
    battery: { level: '81' },
    xray: ['adb', 'vnc'],
    apps: [{ name: app, version: '41' }],
    connection: { sim: [{ iccid, mcc: '262', mnc: '01', carrier: 'simulated' }] },
    location: { latitude: 52.5, longitude: 13.4, recordedAt: new Date().toISOString() },
  })
  await call(registerSim, { iccid })
  await call(putMarker, { iccid, key: 'customer', value: 'harbour-taxis' })
  const records = [{ id: '1', iccid, start: new Date().toISOString(), upload: 1_000_000, download: 9_000_000 }]
  const usage = await platform.fetch('/v1/default/usage', {
    method: 'POST',
    key: account.key,
    body: JSON.stringify({ records }),
  })
  if (usage.status !== 200) throw new Error(await usage.text())
  await registerApk(account, app, 42)
  await buildProject(account, { name: project, apps: { [app]: 42 } })
  const deployed = await call(createDeployment, { type: 'apk', name: app, version: '42', group, push: false })
  const [batch] = (await call(notifyDevices, { type: 'refresh', target: { devices: [device.id] } })).data
  await call(createApiKey, { name: 'Nightly report', scopes: ['fleet:read'] })
  await call(createExport, { kind: 'device', format: 'csv' })
  const [schedule] = (
    await call(createSchedule, {
      name: 'Nightly restart',
      cron: '0 3 * * *',
      timezone: 'Europe/Paris',
      action: { notification: { type: 'reboot', target: { group } } },
    })
  ).data
  const hook = { url: 'https://hooks.invalid/mason', types: ['device.*'], description: 'Help desk' }
  const [webhook] = (await call(createWebhook, hook)).data
  await call(testWebhook, { id: webhook?.id ?? '' })
  const [rule] = (await call(createAlertRule, lowBattery)).data
  await eventually(async () => expect((await call(listAlerts, { rule: rule?.id ?? '' })).data).toHaveLength(1))
  await call(createView, { name: 'Low batteries', kind: 'device', filter: 'battery.level<90', shared: true })
  return {
    device: device.id,
    iccid,
    group,
    spare,
    project,
    app,
    invited,
    deployment: deployed.data[0]?.id ?? '',
    batch: batch && 'id' in batch ? batch.id : '',
    webhook: webhook?.id ?? '',
    job: await makeJob(platform, account),
    schedule: schedule?.id ?? '',
    carrier: (await makers.carrier?.(platform, account)) ?? '',
  }
}

/** The addresses of all pages that are seen by somebody who is signed in. */
export const everyPage = ({
  device,
  iccid,
  group,
  project,
  app,
  deployment,
  batch,
  webhook,
  job,
  schedule,
  carrier,
}: Furnished) => [
  '/',
  '/devices',
  `/devices/${device}`,
  ...['apps', 'data', 'location', 'xray', 'activity', 'json'].map((tab) => `/devices/${device}?tab=${tab}`),
  '/groups',
  `/groups/${group}`,
  '/commands',
  `/commands/batch/${batch}`,
  '/jobs',
  `/jobs/${job}`,
  '/apps',
  `/apps/${app}`,
  '/schedules',
  `/schedules/${schedule}`,
  '/enrollment',
  '/activity',
  '/alerts',
  '/alerts/rules',
  '/sims',
  `/sims/${iccid}`,
  '/carriers',
  `/carriers/${carrier}`,
  '/usage',
  '/plan',
  '/exports',
  '/artifacts',
  `/artifacts/apk/${app}`,
  '/projects',
  `/projects/${project}`,
  '/deployments',
  `/deployments/${deployment}`,
  '/keys',
  '/users',
  '/webhooks',
  `/webhooks/${webhook}`,
  '/audit',
  '/xray',
  '/nodes',
  '/profile',
  '/nowhere',
]

/** Words in the place of what a fleet has, by which an address has a name. */
export const placeholders: Furnished = {
  device: 'device',
  iccid: 'sim',
  group: 'group',
  spare: 'spare',
  project: 'project',
  app: 'artifact',
  deployment: 'deployment',
  batch: 'batch',
  job: 'job',
  webhook: 'webhook',
  schedule: 'schedule',
  carrier: 'carrier',
  invited: 'invited',
}

/** Whether an address of these words is about something that a fleet has. */
export const isOfThings = (address: string) =>
  address.split(/[/?]/).some((part) => Object.values(placeholders).includes(part))

/** The pages that there are without anything in the fleet. */
export const pagesOfNothing = everyPage(placeholders).filter((address) => !isOfThings(address))

/** Goes to a page and waits until it has loaded what it shows. */
export async function visit(page: Page, address: string): Promise<void> {
  // The server knows the Controller's addresses; the Controller knows which of them lead nowhere.
  await page.goto(address === '/nowhere' ? '/devices/nowhere/at/all' : address)
  await settled(page)
}

/** Waits until nothing on the page is on its way any more. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
}
