import { setTimeout } from 'node:timers/promises'
import { createApiKey } from '@mason/contract/apikey'
import { createArtifact, createUpload } from '@mason/contract/artifact'
import { createDeployment, getDeployment, updateDeployment } from '@mason/contract/deployment'
import { listDevices } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { createExport } from '@mason/contract/export'
import { createGroup } from '@mason/contract/group'
import { notifyDevices } from '@mason/contract/notification'
import { createBuild, createProject } from '@mason/contract/project'
import { putMarker, registerSim, updateSim } from '@mason/contract/sim'
import { changeSubscription } from '@mason/contract/subscription'
import { inviteUser, listUsers, updateUser } from '@mason/contract/user'
import { type Client, createClient } from '@mason/sdk/client'
import { makeApk } from '../../server/test/apk/make.ts'
import { type SimulatedFleet, simulate } from './simulator.ts'

const dayMs = 86_400_000

const groups = [
  { name: 'tills-north', family: 'D450', devices: 120, purpose: 'Tills of the northern shops' },
  {
    name: 'tills-south',
    family: 'D450',
    devices: 80,
    purpose: 'Tills of the southern shops',
    flags: ['--reject', '0.03', '--install-fail', '0.2'],
  },
  { name: 'couriers', family: 'D210', devices: 60, purpose: 'Handhelds that couriers carry', flags: ['--slow', '0.1'] },
  { name: 'kiosks', family: 'G430', devices: 40, purpose: 'Self check-in kiosks' },
  {
    name: 'receipts',
    family: 'P310',
    devices: 20,
    purpose: 'Counter printers',
    flags: ['--install-fail', '0.5'],
  },
]
const customers = ['harbour-taxis', 'north-bakeries', 'city-museum']

/** Fills an account with a fleet that does something: devices, SIMs with months of use, commands, keys, users. */
export async function stock(url: string, key: string): Promise<{ stop(): Promise<void> }> {
  const client = createClient({ baseUrl: url, key })
  const { call } = client
  const fleets: SimulatedFleet[] = []
  for (const [index, { name, family, devices, purpose, flags }] of groups.entries()) {
    await call(createGroup, { name, description: purpose })
    const token = (await call(createEnrollment, { group: name, note: purpose })).data[0]?.token ?? ''
    fleets.push(await simulate({ server: url, token, devices, family, seed: index + 1, ...(flags && { flags }) }))
  }
  await registerSims(client)
  await sendUsage(url, key, client)
  await registerSoftware(client)
  await call(changeSubscription, { body: { type: 'device_data_pool', value: 40_000_000_000 } })
  await call(notifyDevices, { type: 'reboot', target: { group: 'tills-south' } })
  await call(notifyDevices, { type: 'check', target: { group: 'couriers' } })
  await call(createApiKey, { name: 'Nightly report', scopes: ['fleet:read', 'connect:read'] })
  await call(createApiKey, {
    name: 'Build server',
    scopes: ['registry:admin', 'fleet:deploy'],
    allowedIps: ['192.0.2.0/24'],
    expiresAt: new Date(Date.now() + 90 * dayMs).toISOString(),
  })
  const owner = (await call(listUsers, {})).data[0]?.id ?? ''
  await call(updateUser, { id: owner, body: { name: 'Ada Lovelace' } })
  await call(inviteUser, { body: { email: 'grace@example.com', name: 'Grace Hopper', preset: 'admin' } })
  await call(inviteUser, { body: { email: 'edsger@example.com', preset: 'read-only' } })
  await call(createExport, { body: { kind: 'device', format: 'csv' } })
  return { stop: async () => void (await Promise.all(fleets.map((fleet) => fleet.stop()))) }
}

/** An app in two versions, a project of it that is built, and roll-outs: one that goes well, one that pauses by itself, one that was canceled. */
async function registerSoftware({ call }: Client): Promise<void> {
  const register = async (type: 'apk' | 'config', bytes: Buffer) => {
    const { uploadUrl = '', url = '' } = (await call(createUpload, { type })).data[0] ?? {}
    await fetch(uploadUrl, { method: 'PUT', body: new Uint8Array(bytes) })
    await call(createArtifact, { url, type })
  }
  const packageName = 'com.example.checkin'
  for (const versionCode of [41, 42]) await register('apk', makeApk({ packageName, versionCode }))
  await call(createProject, { body: { name: 'kiosk' } })
  const app = `apps:\n  - name: Check-in\n    package_name: ${packageName}\n`
  await register('config', Buffer.from(`os:\n  name: kiosk\n  version: 7\n${app}    version_code: 42\n`))
  await register('config', Buffer.from(`os:\n  name: kiosk\n  version: 8\n${app}    version_code: 43\n`))
  for (const version of ['7', '8']) await call(createBuild, { name: 'kiosk', version })
  const rollout = { steps: [10, 50, 100], soakMinutes: 10, maxFailurePercent: 10 }
  const app42 = { type: 'apk', name: packageName, version: '42', push: true } as const
  await call(createDeployment, { body: { ...app42, group: 'kiosks', rollout } })
  await call(createDeployment, { body: { ...app42, group: 'couriers' } })
  await call(createDeployment, { body: { ...app42, group: 'receipts', rollout } })
  const canceled = { ...app42, group: 'tills-south', rollout: { ...rollout, steps: [50, 100], maxFailurePercent: 100 } }
  const id = (await call(createDeployment, { body: canceled })).data[0]?.id ?? ''
  const hasFailures = async () => ((await call(getDeployment, { id })).data[0]?.devices.failed ?? 0) > 0
  while (!(await hasFailures())) await setTimeout(500)
  await call(updateDeployment, { id, body: { state: 'canceled' } })
}

/** Registers the SIMs that devices report, and some that lie in a drawer. */
async function registerSims({ call, pages }: Client): Promise<void> {
  let index = 0
  for await (const device of pages(listDevices, { limit: 500 }))
    for (const { iccid } of device.connection?.sim ?? []) {
      if (!iccid) continue
      const customer = customers[index % customers.length] ?? ''
      index += 1
      await call(registerSim, {
        iccid,
        carrier: 'manual',
        ...(index % 4 === 0 && { name: `${device.name} SIM` }),
        markers: [{ key: 'customer', value: customer }],
      })
      await call(updateSim, { iccid, body: { state: 'active' } })
      if (index % 9 === 0) await call(updateSim, { iccid, body: { state: 'suspended' } })
      if (index % 5 === 0)
        await call(updateSim, { iccid, body: { dataLimit: { bytes: 500_000_000, action: 'alert' } } })
      if (index % 6 === 0) await call(putMarker, { iccid, key: 'site', value: device.name.split('-')[0] ?? 'depot' })
    }
}

/** Two months of use up to today, a little less on Sundays. */
async function sendUsage(url: string, key: string, { pages }: Client): Promise<void> {
  const iccids: string[] = []
  for await (const device of pages(listDevices, { limit: 500 }))
    for (const { iccid } of device.connection?.sim ?? []) if (iccid) iccids.push(iccid)
  const today = Math.floor(Date.now() / dayMs) * dayMs
  const lines = iccids.flatMap((iccid, sim) =>
    Array.from({ length: 55 }, (_, back) => {
      const start = new Date(today - back * dayMs)
      const share = (start.getUTCDay() === 0 ? 0.35 : 1) * (0.7 + 0.3 * Math.sin(sim + back / 3))
      const download = Math.round(9_000_000 * share * (1 + (sim % 7) / 4))
      const record = {
        id: `day-${back}`,
        iccid,
        start: start.toISOString(),
        upload: Math.round(download * 0.22),
        download,
      }
      return JSON.stringify(record)
    }),
  )
  const answer = await fetch(`${url}/v1/default/usage`, {
    method: 'POST',
    headers: { authorization: `basic ${key}`, 'content-type': 'application/x-ndjson' },
    body: lines.join('\n'),
  })
  if (!answer.ok) throw new Error(await answer.text())
}
