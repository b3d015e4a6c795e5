import { createApiKey, deleteApiKey } from '@mason/contract/apikey'
import { createDeployment, updateDeployment } from '@mason/contract/deployment'
import { deleteDevice, updateDevice } from '@mason/contract/device'
import { createEnrollment, deleteEnrollment } from '@mason/contract/enrollment'
import { createExport } from '@mason/contract/export'
import { createGroup, deleteGroup, updateGroup } from '@mason/contract/group'
import { cancelBatch, notifyDevice, notifyDevices } from '@mason/contract/notification'
import { deleteMarker, putMarker, updateSim } from '@mason/contract/sim'
import { changeSubscription } from '@mason/contract/subscription'
import { deleteUser, inviteUser, updateUser } from '@mason/contract/user'
import { createWebhook, deleteWebhook, updateWebhook } from '@mason/contract/webhook'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { buildProject, registerApk } from '../../server/test/artifacts.ts'
import { newDevice, type TestDevice } from '../../server/test/factories.ts'
import { newUser, password } from '../../server/test/users.ts'
import { bytes } from '../src/ui/numbers.ts'
import { openPage, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'
import { type Furnished, furnish, visit } from './every-page.ts'

const controller = consoleUnderTest()
let things: Furnished
let session: Awaited<ReturnType<BrowserContext['storageState']>>
let opened: Page[] = []

beforeAll(async () => {
  const { platform, account, browser } = controller
  things = await furnish(platform, account)
  const { email } = await newUser(platform, account, ['account:owner'])
  const { page } = await openPage(browser, platform.url)
  await signIn(page, email, password)
  session = await page.context().storageState()
  await page.context().close()
}, 60_000)
afterEach(async () => {
  await opened[0]?.context().close()
  opened = []
})
afterAll(() => opened[0]?.context().close())

/** Opens these pages beside each other in one session. */
async function open<A extends string>(addresses: Record<A, string>) {
  const { browser, platform } = controller
  const context = await browser.newContext({ baseURL: platform.url, storageState: session })
  const pages = new Map<string, Page>()
  for (const [name, address] of Object.entries<string>(addresses)) {
    const page = await context.newPage()
    opened.push(page)
    pages.set(name, page)
    await visit(page, address)
  }
  const read = async (name: string) => {
    const text = (await pages.get(name)?.locator('#main').innerText()) ?? ''
    return text.replaceAll(/\s+/g, ' ')
  }
  /** Waits until each page says its words, and, where they are taken back, no longer says them. */
  return async (what: string, said: Partial<Record<A, string | RegExp>>, unsaid: Partial<Record<A, string>> = {}) => {
    for (const [name, words] of Object.entries<string | RegExp | undefined>(said))
      await expect.poll(() => read(name), { message: `${what}: ${name}`, timeout: 20_000 }).toMatch(words ?? '')
    for (const [name, words] of Object.entries<string | undefined>(unsaid))
      await expect.poll(() => read(name), { message: `${what}: ${name}`, timeout: 20_000 }).not.toContain(words)
  }
}

test('a device: check-in, name, group, command, end', async () => {
  const { platform, account } = controller
  const { call } = account
  await call(createGroup, { name: 'docks' })
  const device = await newDevice(platform, account, { group: 'docks', name: 'dock-1', serialnumber: 'SN-dock' })
  const { id } = device
  const agree = await open({
    overview: '/',
    table: '/devices',
    device: `/devices/${id}`,
    group: '/groups/docks',
    activity: '/activity',
  })
  await device.checkIn({ battery: { level: '37' }, os: { masonOS: { release: '31', incremental: 'x' } } })
  await agree('check-in', { device: /37%.* 31/, table: /dock-1.* 31 .*37%|dock-1.*37%.* 31/, overview: ' 31 ' })
  await call(updateDevice, { id, name: 'gate-7' })
  const named = { table: 'gate-7', device: 'gate-7', group: 'gate-7', activity: 'was renamed to “gate-7”' }
  await agree('rename', named, { table: 'dock-1', group: 'dock-1' })
  await call(updateDevice, { id, labels: { berth: '9' }, notes: 'Faces the sea' })
  const described = { device: /berth: 9.*Faces the sea|Faces the sea.*berth: 9/ }
  await agree('label and notes', { ...described, activity: 'gate-7 was labeled berth: 9' })
  await call(updateDevice, { id, labels: { berth: null }, notes: '' })
  await agree('no label', { activity: 'gate-7 lost the label berth' }, { device: 'berth: 9' })
  await call(notifyDevice, { id, type: 'reboot' })
  await agree('command', { overview: /Reboot gate-7/, device: /Reboot/, activity: /Reboot of gate-7 queued/ })
  await call(updateDevice, { id, group: 'unassigned' })
  const moved = { device: /unassigned/, group: 'No devices in this group', activity: /gate-7 moved from docks/ }
  await agree('move', { ...moved, table: /gate-7.*unassigned/ })
  await call(deleteDevice, { id })
  await agree(
    'de-provisioning',
    { device: 'not in your fleet', activity: 'Device “gate-7” was removed from the fleet' },
    { table: 'gate-7', overview: 'Reboot gate-7' },
  )
})

test('a group: made, described, deleted', async () => {
  const { call } = controller.account
  await call(createGroup, { name: 'yards', description: 'Before' })
  const agree = await open({ groups: '/groups', group: '/groups/yards', activity: '/activity' })
  await call(updateGroup, { name: 'yards', description: 'Scanners of the yards' })
  await agree('description', { groups: 'Scanners of the yards', group: 'Scanners of the yards' })
  await call(createGroup, { name: 'sheds' })
  await agree('creation', { groups: 'sheds', activity: 'Group sheds created' })
  await call(deleteGroup, { name: 'yards' })
  await agree('deletion', { activity: 'Group yards deleted', group: 'could not be loaded' }, { groups: 'yards' })
})

test('a SIM: state, name, marker, limit', async () => {
  const { call } = controller.account
  const { iccid } = things
  const agree = await open({ sims: '/sims', sim: `/sims/${iccid}`, usage: '/usage?marker=site', activity: '/activity' })
  await call(updateSim, { iccid, body: { state: 'active', name: 'Pier 4' } })
  await agree('state', { sims: /Pier 4 active/, sim: /Pier 4 active/, activity: `${iccid} is now active` })
  await call(putMarker, { iccid, key: 'site', value: 'pier-4' })
  await agree('marker', { sims: 'site: pier-4', sim: 'pier-4', usage: 'pier-4' })
  await call(updateSim, { iccid, body: { dataLimit: { bytes: 77_000_000, action: 'alert' } } })
  await agree('limit', { sims: bytes(77_000_000), sim: `${bytes(77_000_000)}, then alert` })
  await call(deleteMarker, { iccid, key: 'site' })
  await agree('no marker', {}, { sims: 'pier-4' })
  await call(updateSim, { iccid, body: { state: 'suspended' } })
  await agree('suspension', { sims: /Pier 4 suspended/, sim: /Pier 4 suspended/ })
})

test('data use that comes in, and what it is measured against', async () => {
  const { account, platform } = controller
  const { iccid } = things
  const { month, day } = { month: new Date().toISOString().slice(0, 7), day: new Date().toISOString() }
  const agree = await open({
    overview: '/',
    sim: `/sims/${iccid}`,
    sims: '/sims',
    usage: '/usage?marker=customer',
    plan: '/plan',
  })
  let total = 10_000_000
  for (const more of [123_000_000, 45_600_000]) {
    const record = { id: `more-${more}`, iccid, start: day, upload: 0, download: more }
    const body = JSON.stringify({ records: [record] })
    const answer = await platform.fetch('/v1/default/usage', { method: 'POST', key: account.key, body })
    expect(answer.status).toBe(200)
    total += more
    const all = bytes(total)
    await agree(`usage of ${month}`, {
      overview: `${all} of`,
      sim: new RegExp(`This month ${all}.*${all} ?total`),
      sims: all,
      usage: new RegExp(`${all} ?total.*harbour-taxis .*${all}.*${iccid} .*${all}`),
      plan: new RegExp(`${all} ?used`),
    })
  }
  await account.call(changeSubscription, { type: 'device_data_pool', value: 3_000_000_000 })
  await agree('subscription', { overview: `of ${bytes(3_000_000_000)}`, plan: `of ${bytes(3_000_000_000)}` })
})

test('a roll-out: begun, failing, paused, canceled', async () => {
  const { account, platform } = controller
  const { call } = account
  await call(createGroup, { name: 'tills' })
  const members: TestDevice[] = []
  for (const name of ['till-1', 'till-2', 'till-3']) {
    members.push(await newDevice(platform, account, { group: 'tills', name }))
  }
  const what = { type: 'apk', name: things.app, version: '42', group: 'tills', push: false } as const
  const rollout = { steps: [60, 100], soakMinutes: 0, maxFailurePercent: 10 }
  const id = (await call(createDeployment, { ...what, rollout })).data[0]?.id ?? ''
  const agree = await open({
    overview: '/',
    list: '/deployments',
    deployment: `/deployments/${id}`,
    group: '/groups/tills',
    activity: '/activity',
  })
  const inEach = (words: string) => ({ overview: words, list: words, group: words, deployment: words })
  await agree('begun', { ...inEach('running'), deployment: /running.*1 ?waiting 2 ?offered/ })
  for (const member of members)
    await member.checkIn({ bootId: 'b', outcomes: [{ deployment: id, state: 'failed', reason: 'no space' }] })
  await agree('failures', { ...inEach('2 failed'), deployment: /1 ?waiting 2 ?failed.*no space/ })
  await platform.runJob('watch-deployments')
  await agree('paused', { ...inEach('paused: too many failures'), activity: /to tills was paused/ })
  await call(updateDeployment, { id, state: 'canceled' })
  await agree('canceled', inEach('canceled'), inEach('paused: too many failures'))
  const kept = '2 failed, 1 never offered'
  await agree('what it did', { overview: kept, list: kept, group: kept, deployment: /1 ?waiting 2 ?failed/ })
})

test('software: an artifact, a project, a build', async () => {
  const { account } = controller
  const { app } = things
  const agree = await open({
    artifacts: '/artifacts',
    artifact: `/artifacts/apk/${app}`,
    projects: '/projects',
    project: `/projects/${things.project}`,
    activity: '/activity',
  })
  await registerApk(account, app, 77)
  await agree('artifact', { artifacts: /77/, artifact: 'Version 77', activity: `${app} 77 was registered` })
  await buildProject(account, { name: 'signage', apps: { [app]: 77 } })
  await agree('project', { projects: 'signage', artifacts: 'signage' })
  await buildProject(account, { name: things.project, version: 9, apps: { [app]: 77 } })
  await agree('build', { project: /9 .*built/, activity: `The build of ${things.project} 9 succeeded` })
})

test('keys and users', async () => {
  const { call } = controller.account
  const agree = await open({ keys: '/keys', users: '/users', activity: '/activity' })
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
  const agree = await open({ webhooks: '/webhooks', webhook: `/webhooks/${id}`, activity: '/activity' })
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

test('a batch: queued, answered, canceled', async () => {
  const { account, platform } = controller
  const members: TestDevice[] = []
  for (const name of ['pair-1', 'pair-2']) members.push(await newDevice(platform, account, { name }))
  const target = { devices: members.map(({ id }) => id) }
  const [batch] = (await account.call(notifyDevices, { type: 'refresh', target })).data
  const id = batch && 'id' in batch ? batch.id : ''
  const agree = await open({ batch: `/commands/batch/${id}`, commands: '/commands', overview: '/' })
  await agree('queued', { batch: /2 ?queued/, commands: /Refresh pair-1.*queued/, overview: 'Refresh pair-1' })
  await account.call(cancelBatch, { id })
  await agree('canceled', { batch: /2 ?canceled/, commands: /pair-1.*canceled/ }, { overview: 'Refresh pair-1' })
})

test('enrollment tokens and exports', async () => {
  const { account, platform } = controller
  const agree = await open({ tokens: '/enrollment', exports: '/exports' })
  const token = (await account.call(createEnrollment, { note: 'Back door' })).data[0]
  await agree('token', { tokens: /Back door.*0 devices enrolled/ })
  await newDevice(platform, account, { token: token?.token ?? '' })
  await agree('joined', { tokens: /Back door.*1 device enrolled/ })
  await account.call(deleteEnrollment, { id: token?.id ?? '' })
  await agree('no token', {}, { tokens: 'Back door' })
  await account.call(createExport, { kind: 'sim', format: 'ndjson' })
  await agree('export', { exports: /SIMs as NDJSON.*Download/ })
})
