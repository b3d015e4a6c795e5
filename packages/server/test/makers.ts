import { hash, randomInt } from 'node:crypto'
import { listAlerts } from '@mason/contract/alert'
import { createAlertRule, type NewAlertRule } from '@mason/contract/alert-rule'
import { createApiKey } from '@mason/contract/apikey'
import type { Checkin } from '@mason/contract/checkin'
import { createDeployment, type NewDeployment } from '@mason/contract/deployment'
import { updateDevice } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { createExport, getExport } from '@mason/contract/export'
import { createGroup } from '@mason/contract/group'
import { notifyDevice, notifyDevices } from '@mason/contract/notification'
import type { Route } from '@mason/contract/route'
import { createSchedule, type NewSchedule } from '@mason/contract/schedule'
import { registerSim } from '@mason/contract/sim'
import { changeSubscription, listSubscriptionHistory } from '@mason/contract/subscription'
import { inviteUser } from '@mason/contract/user'
import { createView } from '@mason/contract/view'
import { createWebhook, testWebhook } from '@mason/contract/webhook'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import { expect } from 'vitest'
import { makeApk } from './apk/make.ts'
import { buildProject, registerApk, uploadBytes } from './artifacts.ts'
import { eventually } from './eventually.ts'
import { newDevice } from './factories.ts'
import type { Platform, TestAccount } from './harness.ts'
import { parametersOf } from './paths.ts'
import { plainPerson, signInAgain } from './route-sessions.ts'
import { newIccid, uniquePackage, uniqueWord } from './unique.ts'

/** How something is made in an account. */
export type Make<T> = (platform: Platform, account: TestAccount) => Promise<T>

/** A report with every member, so that answers are seen at their fullest. */
const fullReport: Checkin = {
  bootId: 'boot-1',
  imei: '356938035643809',
  battery: { level: '81' },
  apps: [{ name: 'com.example.till', version: '12345' }],
  os: {
    configuration: { device: 'd450', product: 'till', project: 'shop', version: '7' },
    masonOS: { incremental: '42', release: '3.1' },
  },
  connection: {
    bluetooth: { enabled: true, macAddress: '02:00:5e:10:00:01', name: 'till', pairedDevices: ['scanner'] },
    sim: [{ carrier: 'Example', countryiso: 'de', iccid: '8988303000000614224', mcc: '901', mnc: '28' }],
    wifi: { adapterMacAddress: '02:00:5e:10:00:02', bssid: '02:00:5e:10:00:03', enabled: true, ipaddress: '192.0.2.7' },
    dataUsage: {
      appsDataUsage: [{ packageNames: ['com.example.till'], uid: 10_001, usageCycles: [] }],
      usageCycles: [
        {
          startTime: '2026-11-01T00:00:00+02:00',
          endTime: '2026-11-02T00:00:00+02:00',
          usages: [{ type: 'mobile', bytesReceived: 1, bytesSent: Number.MAX_SAFE_INTEGER }],
        },
      ],
    },
  },
  location: {
    latitude: 52.5,
    longitude: 13.4,
    accuracy: 5,
    altitude: 34,
    provider: 'gps',
    recordedAt: '2026-11-02T09:30:00Z',
  },
  xray: ['adb', 'vnc'],
}

/**
 * Makes one resource of a kind and tells its key. A kind is what stands in front of a parameter in the paths that name
 * it: `device` for `/v1/:fleet/device/:id/location`.
 */
export const makers: Readonly<Record<string, Make<string>>> = {
  apikey: async (_platform, { call }) =>
    (await call(createApiKey, { name: uniqueWord('key'), scopes: ['key:read'] })).data[0]?.id ?? '',
  device: async (platform, account) => {
    const device = await newDevice(platform, account, { name: uniqueWord('till'), family: uniqueWord('family') })
    await device.checkIn(fullReport)
    await account.call(updateDevice, {
      id: device.id,
      labels: { store: uniqueWord('store') },
      notes: uniqueWord('note'),
    })
    return device.id
  },
  app: async (platform, account) => {
    const name = uniquePackage()
    await (await newDevice(platform, account)).checkIn({ bootId: 'boot-1', apps: [{ name, version: '1' }] })
    return name
  },
  enrollment: async (_platform, { call }) =>
    (await call(createEnrollment, { note: uniqueWord('token'), maxUses: 3, expiresAt: '2999-01-01T00:00:00Z' })).data[0]
      ?.id ?? '',
  batch: async (platform, account) => {
    const { id } = await newDevice(platform, account)
    const { data } = await account.call(notifyDevices, { type: 'refresh', target: { devices: [id] } })
    return data[0] && 'id' in data[0] ? data[0].id : ''
  },
  notification: async (platform, account) => {
    const { id } = await newDevice(platform, account)
    return (
      (await account.call(notifyDevice, { id, type: 'application', payload: { word: uniqueWord('payload') } })).data[0]
        ?.id ?? ''
    )
  },
  export: async (_platform, { call }) => {
    // Garbage may have asked for as many as may be under way.
    const create = () => call(createExport, { kind: 'device', format: 'csv', name: uniqueWord('name') })
    const { data } = await eventually(create)
    const id = data[0]?.id ?? ''
    await eventually(async () => expect((await call(getExport, { id })).data[0]?.state).toBe('succeeded'))
    return id
  },
  view: async (_platform, { call }) =>
    (await call(createView, { name: uniqueWord('view'), kind: 'device', filter: 'name==x', shared: true })).data[0]
      ?.id ?? '',
  job: (platform, account) => makeJob(platform, account),
  sim: async (_platform, { call }) =>
    (await call(registerSim, { iccid: newIccid(), markers: [{ key: 'customer', value: uniqueWord('taxis') }] })).data[0]
      ?.iccid ?? '',
  carrier: async ({ database }, { accountId }) => {
    const name = uniqueWord('carrier').toLowerCase()
    await database.query(sql`
      INSERT INTO carrier (account_id, name, type, options)
      VALUES (${accountId}, ${name}, '1nce', '{"baseUrl": "https://carrier.invalid"}')`)
    return name
  },
  history: async (_platform, { call }) => {
    await call(changeSubscription, { type: 'device_data_pool', value: randomInt(1, 2 ** 40) })
    return (await call(listSubscriptionHistory, { limit: 1000 })).data.at(-1)?.id ?? ''
  },
  'usage/sim': async (platform, account) => makers.sim?.(platform, account) ?? '',
  'sim/marker': async () => 'customer',
  deployment: async (_platform, account) => {
    const { data } = await account.call(createDeployment, await newDeployment(account))
    return data[0]?.id ?? ''
  },
  artifact: (platform, account) => makeArtifact(platform, account),
  project: (platform, account) => makeBuiltProject(platform, account),
  group: async (_platform, { call }) => (await call(createGroup, { name: uniqueWord('group') })).data[0]?.name ?? '',
  'alert-rule': async (_platform, { call }) => (await call(createAlertRule, newAlertRule())).data[0]?.id ?? '',
  alert: async (platform, account) => {
    const { id: device, checkIn } = await newDevice(platform, account)
    await checkIn({ ...fullReport, battery: { level: '9' } })
    const { data } = await account.call(createAlertRule, newAlertRule())
    const opened = async () => (await account.call(listAlerts, { device, rule: data[0]?.id })).data[0]?.id
    await eventually(async () => expect(await opened()).toBeDefined())
    return (await opened()) ?? ''
  },
  schedule: async (_platform, { call }) => (await call(createSchedule, newSchedule())).data[0]?.id ?? '',
  webhook: async (_platform, { call }) => (await call(createWebhook, newWebhook())).data[0]?.id ?? '',
  'webhook/delivery': async (platform, account) => {
    const id = (await makers.webhook?.(platform, account)) ?? ''
    return (await account.call(testWebhook, { id })).data[0]?.id ?? ''
  },
  xray: async (platform, account) => {
    const [device, id] = [await makers.device?.(platform, account), uuidv7()]
    // Whoever holds it is nowhere.
    await platform.database.query(sql`
      INSERT INTO xray_session (account_id, id, device_id, service, actor, reason, address, node_id, node_address, lease_until,
                                idle_minutes, ends_at, attached_at, latency_ms)
      VALUES (${account.accountId}, ${id}, ${device}, 'adb', '{"kind":"system","id":"mason"}', 'why', '192.0.2.1', ${uuidv7()}, '192.0.2.1:1',
              now() + interval '1 day', 30, now() + interval '1 day', now(), 12)`)
    return id
  },
  'xray/recording': async (platform, account) => {
    const [session, id] = [await makers.xray?.(platform, account), uuidv7()]
    await platform.database.query(sql`
      WITH recorded AS (UPDATE xray_session SET is_recorded = true WHERE id = ${session} RETURNING account_id, device_id)
      INSERT INTO xray_recording (account_id, id, session_id, device_id, began_at, duration_ms, bytes)
      SELECT account_id, ${id}, ${session}, device_id, now(), 0, 0 FROM recorded`)
    return id
  },
  user: async (_platform, { call }) => (await call(inviteUser, newUser())).data[0]?.id ?? '',
  'auth/sessions': async (platform) => {
    const browser = await signInAgain(platform, await plainPerson(platform))
    return (await browser.get('/auth/session')).body.data[0].id
  },
}

/** Makes a job that waits for ever, and so can be canceled. */
export async function makeJob({ database }: Platform, { accountId }: TestAccount): Promise<string> {
  const { rows } = await database.query<{ id: string }>(sql`
    INSERT INTO job (account_id, id, kind, target, change, after_key, created_by)
    VALUES (${accountId}, new_id(), 'device.bulk', '{"filter": {}}', '{"group": "unassigned"}', '', '{"kind": "system"}')
    RETURNING id`)
  return rows[0]?.id ?? ''
}

export const newSchedule = (): NewSchedule => ({
  name: uniqueWord('schedule'),
  cron: '0 3 1 1 *',
  timezone: 'Europe/Paris',
  // The scope of managers is enough for it.
  action: { export: { kind: 'device', format: 'csv' } },
})

/** Its receiver is nowhere. */
export const newWebhook = () => ({ url: 'https://hooks.invalid/mason', types: ['build.finished'] })

/** One whose condition few devices meet. */
export const newAlertRule = (): NewAlertRule => ({
  ...{ name: uniqueWord('rule'), condition: 'device.battery', below: 10, severity: 'warning' },
  ...{ for: 0, filter: 'battery.level<10' },
})

export const newUser = () => ({ email: `${uniqueWord('user')}@example.com`, scopes: ['user:read'] })

/** The parameters of paths that name one thing by several, by the kind of the last. */
const composites: Readonly<Record<string, Make<Record<string, string>>>> = {
  artifact: async (platform, account) => ({ type: 'apk', name: await makeArtifact(platform, account), version: '1' }),
  'project/build': async (platform, account) => ({ name: await makeBuiltProject(platform, account), version: '1' }),
  'api/dashboard/projects': async (platform, account) => ({ customer: await customerOf(platform, account) }),
  'api/registry/signedurl': async (platform, account) => ({
    customer: await customerOf(platform, account),
    name: 'com.example.till',
    version: '1',
  }),
  'api/registry/artifacts': async (platform, account) => ({
    customer: await customerOf(platform, account),
    type: 'apk',
    name: await makeArtifact(platform, account),
    version: '1',
  }),
  'api/tracker/builder/jobs': async (platform, account) => {
    const name = await makeBuiltProject(platform, account)
    const { rows } = await platform.database.query<{ submittedAt: number }>(
      sql`SELECT submitted_at AS "submittedAt" FROM build WHERE account_id = ${account.accountId} AND project = ${name}`,
    )
    return { customer: await customerOf(platform, account), submittedAt: String(rows[0]?.submittedAt) }
  },
  'api/tracker/builder': async (platform, account) => ({ customer: await customerOf(platform, account) }),
}

export async function customerOf({ database }: Platform, { accountId }: TestAccount): Promise<string> {
  const { rows } = await database.query<{ name: string }>(sql`SELECT name FROM account WHERE id = ${accountId}`)
  return rows[0]?.name ?? ''
}

async function makeArtifact(_platform: Platform, account: TestAccount): Promise<string> {
  return (await registerApk(account, uniquePackage(), 1)).name
}

export async function makeBuiltProject(_platform: Platform, account: TestAccount): Promise<string> {
  const name = uniqueWord('project')
  await buildProject(account, { name })
  return name
}

export async function newDeployment(account: TestAccount): Promise<NewDeployment> {
  const { name } = await registerApk(account, uniquePackage(), 1)
  const rollout = { steps: [5, 100], soakMinutes: 1, maxFailurePercent: 10 }
  return { group: 'unassigned', type: 'apk', name, version: '1', push: false, rollout }
}

export async function newUpload(account: TestAccount) {
  const name = uniquePackage()
  const bytes = makeApk({ packageName: name, versionCode: 1 })
  const { url } = await uploadBytes(account, 'apk', bytes)
  return { url, type: 'apk', name, version: '1', sha1: hash('sha1', bytes), sha256: hash('sha256', bytes) }
}

/** Makes in this account what the path of the route names. */
export async function makeNamed(platform: Platform, account: TestAccount, route: Route) {
  const parameters = parametersOf(route)
  const composite = composites[parameters.at(-1)?.kind ?? '']
  if (composite && parameters.every(({ kind }) => composites[kind] ?? makers[kind])) {
    const made = await composite(platform, account)
    return Object.fromEntries(parameters.map(({ name }) => [name, made[name] ?? '']))
  }
  const values: Record<string, string> = {}
  for (const { name, kind } of parameters) {
    const make = makers[kind]
    if (!make) throw new Error(`${route.url} names a ${kind}: add how to make one to makers in test/makers.ts`)
    values[name] = await make(platform, account)
  }
  return values
}
