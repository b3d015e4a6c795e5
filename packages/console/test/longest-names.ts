import { setTimeout } from 'node:timers/promises'
import { listAlerts } from '@mason/contract/alert'
import { createAlertRule } from '@mason/contract/alert-rule'
import { createApiKey } from '@mason/contract/apikey'
import { createCarrier } from '@mason/contract/carrier'
import type { Checkin } from '@mason/contract/checkin'
import { createDeployment } from '@mason/contract/deployment'
import { updateDevice } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { eventTypes } from '@mason/contract/event-types'
import { createGroup } from '@mason/contract/group'
import { bulkDevices } from '@mason/contract/job'
import { notifyDevices } from '@mason/contract/notification'
import { createBuild, createProject } from '@mason/contract/project'
import { createSchedule } from '@mason/contract/schedule'
import { putMarker, registerSim } from '@mason/contract/sim'
import { inviteUser } from '@mason/contract/user'
import { createView } from '@mason/contract/view'
import { createWebhook, testWebhook } from '@mason/contract/webhook'
import { registerApk, registerConfig } from '../../server/test/artifacts.ts'
import { newDevice } from '../../server/test/factories.ts'
import type { Platform, TestAccount } from '../../server/test/harness.ts'
import { jobOf } from '../../server/test/jobs.ts'
import type { Furnished } from './every-page.ts'

const long = (length: number) => 'Wide'.repeat(length / 4)
const words = (length: number) => 'Counters of the northern shops '.repeat(length).slice(0, length).trim()

/** Gives an account one of everything, each with the longest names that the contract allows. */
export async function furnishLongest(
  platform: Pick<Platform, 'url'>,
  account: Pick<TestAccount, 'call'>,
): Promise<Furnished> {
  const { call } = account as TestAccount
  const group = long(100)
  const spare = `${long(96)}-two`
  const app = `com.${long(120)}.${long(120)}`.slice(0, 200)
  const project = long(100).toLowerCase()
  const iccid = '8988303000000614224'
  const invited = `${long(60)}@${'example.'.repeat(6)}com`.toLowerCase()
  await call(createGroup, { name: group, description: words(300) })
  await call(createGroup, { name: spare, description: long(300) })
  await call(createEnrollment, { group, note: long(300) })
  await call(createApiKey, {
    name: long(100),
    scopes: ['fleet:read', 'connect:read', 'notify:reboot', 'registry:read'],
  })
  await call(inviteUser, { email: invited, name: long(100), scopes: ['fleet:read', 'connect:read', 'notify:reboot'] })
  const report: Checkin = {
    bootId: 'b',
    battery: { level: '99' },
    xray: ['adb', 'vnc'],
    apps: [{ name: app, version: long(100) }],
    os: { masonOS: { release: long(100), incremental: long(200) }, configuration: { project, product: long(200) } },
    connection: {
      sim: [{ iccid, carrier: long(200), mcc: '262', mnc: '001' }],
      wifi: { enabled: true, ssid: long(200), ipaddress: long(64) },
    },
  }
  const first = await newDevice(platform as Platform, account as TestAccount, {
    group,
    name: long(200),
    serialnumber: `SN-${long(60)}`,
    imei: '356938035643809',
  })
  await first.checkIn(report)
  const labels = { store: '12', [`s${long(60).toLowerCase()}`]: long(200) }
  await call(updateDevice, { id: first.id, labels, notes: long(2_000) })
  const second = await newDevice(platform as Platform, account as TestAccount, { group, name: `${words(190)} 2` })
  await call(registerSim, { iccid, name: long(200) })
  for (const key of ['customer', long(100), `site.${long(80)}`]) await call(putMarker, { iccid, key, value: long(200) })
  await registerApk(account as TestAccount, app, 2_147_483_647)
  await call(createProject, { name: project })
  const app1 = `  - name: App\n    package_name: ${app}\n    version_code: 2147483647\n`
  await registerConfig(account as TestAccount, `os:\n  name: ${project}\n  version: 1\napps:\n${app1}`)
  await call(createBuild, { name: project, version: '1' })
  const what = { type: 'apk', name: app, version: '2147483647', group, push: false } as const
  const deployment = (await call(createDeployment, what)).data[0]?.id ?? ''
  await first.checkIn({ partial: true, outcomes: [{ deployment, state: 'failed', reason: long(500) }] })
  const address = `https://${'hooks.'.repeat(30)}invalid/${long(1_000)}`
  const hook = { url: address, types: Object.keys(eventTypes), description: long(300) }
  const [webhook] = (await call(createWebhook, hook)).data
  await call(testWebhook, { id: webhook?.id ?? '' })
  const [schedule] = (
    await call(createSchedule, {
      name: long(100),
      cron: '0,15,30,45 0,1,2,3,4,5,6,7,8,9,10,11 1,2,3,4,5,6,7,8,9,10,11,12 1,2,3,4,5,6,7,8,9,10,11 0,1,2,3,4,5',
      timezone: 'America/Argentina/ComodRivadavia',
      action: { notification: { type: 'refresh', target: { group } } },
    })
  ).data
  const target = { devices: [first.id, second.id] }
  const [batch] = (await call(notifyDevices, { type: 'refresh', target })).data
  const lowBattery = { name: long(100), condition: 'device.battery', below: 100, severity: 'critical' } as const
  const [rule] = (await call(createAlertRule, lowBattery)).data
  // Without the test runner: pictures are taken of this, too.
  while ((await call(listAlerts, { rule: rule?.id ?? '' })).data.length === 0) await setTimeout(50)
  const change = { labels: { [`l${long(60).toLowerCase()}`]: long(200) }, notes: long(2_000) }
  const job = jobOf(await call(bulkDevices, { target, change }))
  await call(createView, { name: long(100), kind: 'device', filter: `name==${long(1_000)}`, shared: true })
  const carrier = long(63).toLowerCase()
  await call(createCarrier, { type: 'simulated', name: carrier })
  return {
    device: first.id,
    iccid,
    group,
    spare,
    project,
    app,
    invited,
    deployment,
    batch: batch && 'id' in batch ? batch.id : '',
    webhook: webhook?.id ?? '',
    job: job.id,
    schedule: schedule?.id ?? '',
    carrier,
  }
}
