import { createCarrier } from '@mason/contract/carrier'
import { listDeployments } from '@mason/contract/deployment'
import { listDevices, updateDevice } from '@mason/contract/device'
import { createGroup } from '@mason/contract/group'
import { bulkDevices } from '@mason/contract/job'
import { listNotifications } from '@mason/contract/notification'
import { createSchedule, listSchedules, type NewSchedule } from '@mason/contract/schedule'
import { listSims } from '@mason/contract/sim'
import { listUsers, updateUser } from '@mason/contract/user'
import { createView } from '@mason/contract/view'
import { createWebhook, listWebhooks, testWebhook } from '@mason/contract/webhook'
import { createClient } from '@mason/sdk/client'
import { fill } from '../../../seed/fill.ts'
import { lastGroup } from '../../../seed/software.ts'
import { unlessThere } from '../../../seed/unless-there.ts'
import { jobOf } from '../../server/test/jobs.ts'
import type { Furnished } from './every-page.ts'
import { furnishLongest } from './longest-names.ts'
import { type View, xrayViews } from './screenshot-views.ts'

interface Fleet {
  /** What its pages are about; nothing where there is nothing. */
  things?: Furnished
  /** What it alone has to show. */
  views?: Record<string, View>
  stop(): Promise<void>
}

/** The fleets that are photographed, and how each is made on a new server. */
export const fleets: Record<string, (url: string, key: string, devices: number) => Promise<Fleet>> = {
  believable: fillBelievable,
  empty: async () => ({ stop: async () => {} }),
  longest: fillLongest,
}

async function fillBelievable(url: string, key: string, devices: number): Promise<Fleet> {
  const fleet = await fill(url, key, { devices, print: console.log })
  const { call } = createClient({ baseUrl: url, key })
  const spare = 'repairs'
  await unlessThere(call(createGroup, { name: spare, description: 'Devices on the bench' }))
  const vans = (await call(listDevices, { group: 'vans', limit: 50 })).data
  const device = vans.find(({ connection }) => connection?.sim?.length)?.id ?? vans[0]?.id ?? ''
  const labels = { depot: 'Leeds', shift: 'night' }
  await call(updateDevice, { id: device, labels, notes: 'The bracket is loose. A new one is ordered.' })
  const view = {
    name: 'Vans low on power',
    kind: 'device',
    filter: 'group==vans and battery.level<60',
    shared: true,
  } as const
  await unlessThere(call(createView, view))
  const hook = { url: 'https://hooks.example.com/mason', types: ['device.*', 'sim.*'], description: 'Help desk' }
  const there = (await call(listWebhooks, {})).data[0]
  const webhook = there ?? (await call(createWebhook, hook)).data[0]
  await call(testWebhook, { id: webhook?.id ?? '' })
  const nightly: NewSchedule = {
    name: 'Nightly restart of the vans',
    cron: '0 3 * * *',
    timezone: 'Europe/London',
    action: { notification: { type: 'reboot', target: { group: 'vans' } } },
  }
  const known = (await call(listSchedules, {})).data[0]
  const schedule = known ?? (await call(createSchedule, nightly)).data[0]
  const carrier = 'spare-cards'
  await unlessThere(call(createCarrier, { type: 'simulated', name: carrier }))
  const things = {
    device,
    iccid: (await call(listSims, { limit: 1 })).data[0]?.iccid ?? '',
    group: lastGroup,
    spare,
    project: 'shop',
    app: 'com.example.till',
    deployment: (await call(listDeployments, { group: lastGroup, limit: 1 })).data[0]?.id ?? '',
    batch: (await call(listNotifications, { type: 'reboot', limit: 1 })).data[0]?.batch ?? '',
    job: jobOf(await call(bulkDevices, { target: { filter: { group: 'vans' } }, change: { labels } })).id,
    webhook: webhook?.id ?? '',
    schedule: schedule?.id ?? '',
    carrier,
    invited: 'grace@example.com',
  }
  return { things, views: xrayViews(device), stop: fleet.stop }
}

async function fillLongest(url: string, key: string): Promise<Fleet> {
  const { call } = createClient({ baseUrl: url, key })
  const owner = (await call(listUsers, {})).data[0]
  await call(updateUser, { id: owner?.id ?? '', name: 'Wide'.repeat(25) })
  return { things: await furnishLongest({ url }, { call }), stop: async () => {} }
}
