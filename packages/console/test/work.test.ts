import { createApiKey } from '@mason/contract/apikey'
import { createDeployment, getDeployment } from '@mason/contract/deployment'
import { createGroup } from '@mason/contract/group'
import { bulkDevices, bulkSims, getJob } from '@mason/contract/job'
import { getBatch, notifyDevice, notifyDevices } from '@mason/contract/notification'
import { createSchedule } from '@mason/contract/schedule'
import { registerSim } from '@mason/contract/sim'
import { createClient } from '@mason/sdk/client'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { newDevice, type TestDevice } from '../../server/test/factories.ts'
import { ended, jobOf } from '../../server/test/jobs.ts'
import { makeJob } from '../../server/test/makers.ts'
import { newIccid } from '../../server/test/unique.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()
let devices: TestDevice[]

beforeAll(async () => {
  const { platform, account } = controller
  await account.call(createGroup, { name: 'docks' })
  devices = []
  for (let index = 0; index < 5; index++)
    devices.push(await newDevice(platform, account, { group: 'docks', name: `Till ${index}` }))
}, 60_000)

test('a command to many and a job are one row each, which unfolds to their devices', async () => {
  const { account } = controller
  const target = { devices: devices.slice(0, 3).map(({ id }) => id) }
  await account.call(notifyDevices, { type: 'refresh', target })
  await account.call(notifyDevice, { id: devices[4]?.id ?? '', type: 'refresh' })
  await ended(account, jobOf(await account.call(bulkDevices, { target, change: { labels: { shelf: '9' } } })))
  await account.call(createSchedule, {
    name: 'Nightly refresh',
    cron: '0 3 * * *',
    timezone: 'UTC',
    action: { notification: { type: 'refresh', target } },
  })
  await controller.as(['fleet:read'], async (page) => {
    for (const address of ['/activity', '/commands']) {
      await page.goto(address)
      const row = page.getByRole('listitem').filter({ hasText: 'Refresh: 3 devices' })
      await row.waitFor()
      await page.getByText(/^Refresh (of )?Till 4/).waitFor()
      expect(await page.getByText(/^Refresh (of )?Till/).count()).toBe(1)
      await row.getByRole('button', { name: 'Show devices' }).click()
      await page.getByText('Refresh Till 2').waitFor()
      expect(await axeFaultsInBoth(page)).toEqual([])
    }
    await page.goto('/activity')
    const job = page.getByRole('listitem').filter({ hasText: 'Change of devices: shelf: 9' })
    await job.getByRole('button', { name: 'Show devices' }).click()
    await page
      .getByText(/was labeled shelf: 9/)
      .nth(2)
      .waitFor()
    await page.getByLabel('What it is about').fill('docks')
    await page.getByText('Group docks created').waitFor()
    await page.getByText('Refresh: 3 devices').waitFor({ state: 'detached' })
    await page.goto('/jobs')
    await page.getByRole('link', { name: 'Nightly refresh' }).waitFor()
  })
})

test('a roll-out and a change of SIMs are one row each, which unfolds; users and keys are chosen by their names', async () => {
  const { account, platform } = controller
  const scopes = ['fleet:admin', 'fleet:deploy', 'connect:admin'] as const
  const [key] = (await account.call(createApiKey, { name: 'night shift', scopes: [...scopes] })).data
  const byKey = createClient({ baseUrl: platform.url, key: key?.key ?? '' })
  await byKey.call(createDeployment, { type: 'ota', name: 'mason-os', version: '77', group: 'docks', push: false })
  const iccid = newIccid()
  await byKey.call(registerSim, { iccid })
  const change = { markers: { pier: '4' } }
  await ended(account, jobOf(await byKey.call(bulkSims, { target: { sims: [iccid] }, change })))
  await controller.as(['account:owner'], async (page) => {
    await page.goto('/activity')
    const row = page.getByRole('listitem').filter({ hasText: 'mason-os 77' })
    await row.waitFor()
    expect(await page.getByText(/^Roll-out of mason-os/).count()).toBe(0)
    await row.getByRole('button', { name: 'Show devices' }).click()
    await page.getByText('Roll-out of mason-os 77 to docks started').waitFor()
    await page
      .getByText(/^(offered|waiting)$/)
      .nth(devices.length - 1)
      .waitFor()
    const job = page.getByRole('listitem').filter({ hasText: 'Change of SIMs: pier: 4' })
    await job.getByRole('button', { name: 'Show SIMs' }).click()
    await page.getByText(`SIM ${iccid} was marked pier: 4`).waitFor()
    expect(await axeFaultsInBoth(page)).toEqual([])
    await page.getByLabel('Type of activity').selectOption('Paused roll-outs')
    await page.getByText('No matching activity').waitFor()
    await page.getByLabel('Type of activity').selectOption('Everything')
    await page.getByRole('combobox', { name: 'Who did it' }).fill('night')
    await page.getByRole('option', { name: 'night shift' }).click()
    await page.getByText('Group docks created').waitFor({ state: 'detached' })
    await page.getByText(`SIM ${iccid} was registered`).waitFor()
    await page.getByRole('link', { name: 'mason-os 77', exact: true }).waitFor()
    expect(new URL(page.url()).searchParams.get('actor')).toBe(key?.id)
  })
})

test('what goes on is canceled where it is listed, after a confirmation', async () => {
  const { account, platform } = controller
  const target = { devices: devices.slice(0, 2).map(({ id }) => id) }
  const [batch] = (await account.call(notifyDevices, { type: 'reboot', target })).data
  const what = { type: 'ota', name: 'mason-os', version: '78', group: 'docks', push: false } as const
  const [rollOut] = (await account.call(createDeployment, what)).data
  const job = await makeJob(platform, account)
  const cancel = async (page: Page, name: string, action: string) => {
    const button = page.getByRole('button', { name: `Cancel ${name}` })
    await button.click()
    await page.getByRole('dialog').getByRole('button', { name: action }).click()
    await button.waitFor({ state: 'detached' })
  }
  await controller.as(['fleet:admin', 'fleet:deploy', 'notify:all'], async (page) => {
    await page.goto('/jobs')
    await cancel(page, 'Reboot: 2 devices', 'Cancel remaining')
    await cancel(page, 'mason-os 78', 'Cancel roll-out')
    await cancel(page, 'Change of devices: group unassigned', 'Cancel the rest')
  })
  const first = async <T>(answer: Promise<{ data: T[] }>) => (await answer).data[0]
  expect(await first(account.call(getJob, { id: job }))).toMatchObject({ state: 'canceled' })
  expect(await first(account.call(getDeployment, { id: rollOut?.id ?? '' }))).toMatchObject({ state: 'canceled' })
  const id = batch && 'id' in batch ? batch.id : ''
  expect(await first(account.call(getBatch, { id }))).toMatchObject({ states: { canceled: 2 } })
  await account.call(notifyDevices, { type: 'reboot', target })
  await controller.as(['fleet:read'], async (page) => {
    await page.goto('/jobs')
    await page.getByText('Reboot: 2 devices').first().waitFor()
    expect(await page.getByRole('button', { name: /^Cancel/ }).count()).toBe(0)
  })
})
