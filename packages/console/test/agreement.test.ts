import { createDeployment, updateDeployment } from '@mason/contract/deployment'
import { deleteDevice, updateDevice } from '@mason/contract/device'
import { createEnrollment, deleteEnrollment } from '@mason/contract/enrollment'
import { createExport } from '@mason/contract/export'
import { createGroup, deleteGroup, updateGroup } from '@mason/contract/group'
import { cancelBatch, notifyDevice, notifyDevices } from '@mason/contract/notification'
import { deleteMarker, putMarker, updateSim } from '@mason/contract/sim'
import { changeSubscription } from '@mason/contract/subscription'
import { expect, test } from 'vitest'
import { buildProject, registerApk } from '../../server/test/artifacts.ts'
import { newDevice, type TestDevice } from '../../server/test/factories.ts'
import { bytes } from '../src/ui/numbers.ts'
import { consoleUnderTest } from './console.ts'
import { pagesSideBySide } from './side-by-side.ts'

const controller = consoleUnderTest()
const beside = pagesSideBySide(controller)

test('a device: check-in, name, group, command, end', async () => {
  const { platform, account } = controller
  const { call } = account
  await call(createGroup, { name: 'docks' })
  const device = await newDevice(platform, account, { group: 'docks', name: 'dock-1', serialnumber: 'SN-dock' })
  const { id } = device
  const { agree } = await beside.open({
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
  const { agree } = await beside.open({ groups: '/groups', group: '/groups/yards', activity: '/activity' })
  await call(updateGroup, { name: 'yards', description: 'Scanners of the yards' })
  await agree('description', { groups: 'Scanners of the yards', group: 'Scanners of the yards' })
  await call(createGroup, { name: 'sheds' })
  await agree('creation', { groups: 'sheds', activity: 'Group sheds created' })
  await call(deleteGroup, { name: 'yards' })
  await agree('deletion', { activity: 'Group yards deleted', group: 'could not be loaded' }, { groups: 'yards' })
})

test('a SIM: state, name, marker, limit', async () => {
  const { call } = controller.account
  const { iccid } = beside.things
  const { agree } = await beside.open({
    sims: '/sims',
    sim: `/sims/${iccid}`,
    usage: '/usage?marker=site',
    activity: '/activity',
  })
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
  const { iccid } = beside.things
  const { month, day } = { month: new Date().toISOString().slice(0, 7), day: new Date().toISOString() }
  const { agree } = await beside.open({
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
      overview: `Data this month Forecast ${all}`,
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
  const what = { type: 'apk', name: beside.things.app, version: '42', group: 'tills', push: false } as const
  const rollout = { steps: [60, 100], soakMinutes: 0, maxFailurePercent: 10 }
  const id = (await call(createDeployment, { ...what, rollout })).data[0]?.id ?? ''
  const { agree } = await beside.open({
    overview: '/',
    list: '/deployments',
    deployment: `/deployments/${id}`,
    group: '/groups/tills',
    activity: '/activity',
  })
  const inEach = (words: string) => ({
    ...{ overview: words, list: words, group: words },
    ...{ deployment: words, activity: words },
  })
  await agree('begun', { ...inEach('running'), deployment: /running.*1 ?waiting 2 ?offered/ })
  for (const member of members)
    await member.checkIn({ bootId: 'b', outcomes: [{ deployment: id, state: 'failed', reason: 'no space' }] })
  await agree('failures', { ...inEach('2 failed'), deployment: /1 ?waiting 2 ?failed.*no space/ })
  await platform.runJob('watch-deployments')
  await agree('paused', inEach('paused: too many failures'))
  await call(updateDeployment, { id, state: 'canceled' })
  await agree('canceled', inEach('canceled'), inEach('paused: too many failures'))
  await agree('what it did', { ...inEach('2 failed, 1 never offered'), deployment: /1 ?waiting 2 ?failed/ })
})

test('software: an artifact, a project, a build', async () => {
  const { account } = controller
  const { app } = beside.things
  const { agree } = await beside.open({
    artifacts: '/artifacts',
    artifact: `/artifacts/apk/${app}`,
    projects: '/projects',
    project: `/projects/${beside.things.project}`,
    activity: '/activity',
  })
  await registerApk(account, app, 77)
  await agree('artifact', { artifacts: /77/, artifact: 'Version 77', activity: `${app} 77 was registered` })
  await buildProject(account, { name: 'signage', apps: { [app]: 77 } })
  await agree('project', { projects: 'signage', artifacts: 'signage' })
  await buildProject(account, { name: beside.things.project, version: 9, apps: { [app]: 77 } })
  await agree('build', { project: /9 .*built/, activity: `The build of ${beside.things.project} 9 succeeded` })
})

test('a batch: queued, answered, canceled', async () => {
  const { account, platform } = controller
  const members: TestDevice[] = []
  for (const name of ['pair-1', 'pair-2']) members.push(await newDevice(platform, account, { name }))
  const target = { devices: members.map(({ id }) => id) }
  const [batch] = (await account.call(notifyDevices, { type: 'refresh', target })).data
  const id = batch && 'id' in batch ? batch.id : ''
  const { agree } = await beside.open({ batch: `/commands/batch/${id}`, commands: '/commands', overview: '/' })
  await agree('queued', {
    batch: /2 ?queued/,
    commands: /Refresh: 2 devices 0 succeeded, 2 not finished/,
    overview: 'Refresh pair-1',
  })
  await account.call(cancelBatch, { id })
  await agree(
    'canceled',
    { batch: /2 ?canceled/, commands: /Refresh: 2 devices 0 succeeded, 2 canceled/ },
    { overview: 'Refresh pair-1' },
  )
})

test('enrollment tokens and exports', async () => {
  const { account, platform } = controller
  const { agree } = await beside.open({ tokens: '/enrollment', exports: '/exports' })
  const token = (await account.call(createEnrollment, { note: 'Back door' })).data[0]
  await agree('token', { tokens: /Back door.*0 devices enrolled/ })
  await newDevice(platform, account, { token: token?.token ?? '' })
  await agree('joined', { tokens: /Back door.*1 device enrolled/ })
  await account.call(deleteEnrollment, { id: token?.id ?? '' })
  await agree('no token', {}, { tokens: 'Back door' })
  await account.call(createExport, { kind: 'sim', format: 'ndjson' })
  await agree('export', { exports: /SIMs as NDJSON.*Download/ })
})
