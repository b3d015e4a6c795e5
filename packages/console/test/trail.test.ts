import { createApiKey, deleteApiKey } from '@mason/contract/apikey'
import { createDeployment } from '@mason/contract/deployment'
import { updateDevice } from '@mason/contract/device'
import { createGroup } from '@mason/contract/group'
import { notifyDevices } from '@mason/contract/notification'
import { createProject } from '@mason/contract/project'
import { deleteUser } from '@mason/contract/user'
import { createClient } from '@mason/sdk/client'
import { expect, test } from 'vitest'
import { registerApk } from '../../server/test/artifacts.ts'
import { newDevice } from '../../server/test/factories.ts'
import { newUser } from '../../server/test/users.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()

test('the trail says who did what, and a rename has both names', async () => {
  const { platform, account } = controller
  const made = (await account.call(createApiKey, { name: 'night shift', scopes: ['fleet:admin'] })).data[0]
  const device = await newDevice(platform, account, { serialnumber: 'SN-first' })
  const byKey = createClient({ baseUrl: platform.url, authorization: `basic ${made?.key}` })
  await byKey.call(createGroup, { name: 'tills' })
  await byKey.call(updateDevice, { id: device.id, name: 'Front desk' })
  await byKey.call(updateDevice, { id: device.id, name: 'Back office' })
  await account.call(deleteApiKey, { id: made?.id ?? '' })
  await controller.as(['fleet:admin'], async (page) => {
    await page.goto('/activity')
    await page.getByText('“SN-first” was renamed to “Front desk”').waitFor()
    await page.getByText('“Front desk” was renamed to “Back office”').waitFor()
    await page.getByText('API key “night shift” deleted').waitFor()
    expect(await page.getByText('by the key “night shift”').count()).toBe(3)
  })
})

test('a batch and a roll-out say who began them, also when that key or user has gone', async () => {
  const { platform, account } = controller
  const { call } = account
  const made = (await call(createApiKey, { name: 'day shift', scopes: ['fleet:admin'] })).data[0]
  const user = await newUser(platform, account, ['fleet:admin'])
  await call(createGroup, { name: 'docks' })
  const device = await newDevice(platform, account, { group: 'docks', name: 'dock-1' })
  await registerApk(account, 'com.example.dock', 3)
  const byKey = createClient({ baseUrl: platform.url, authorization: `basic ${made?.key}` })
  const target = { devices: [device.id] }
  const [ofKey] = (await byKey.call(notifyDevices, { type: 'refresh', target })).data
  const what = { type: 'apk', name: 'com.example.dock', version: '3', group: 'docks', push: false } as const
  const [rollOut] = (await byKey.call(createDeployment, what)).data
  const ofUser = await user.browser.post('/v1/default/notification', { type: 'refresh', target })
  await call(deleteApiKey, { id: made?.id ?? '' })
  await call(deleteUser, { id: user.id })
  const batches = [ofKey && 'id' in ofKey ? ofKey.id : '', ofUser.body.data[0].id]
  await controller.as(['fleet:admin'], async (page) => {
    await page.goto(`/commands/batch/${batches[0]}`)
    await page.getByText('Sent by the key “day shift”').waitFor()
    await page.goto(`/commands/batch/${batches[1]}`)
    await page.getByText(`Sent by ${user.email}`).waitFor()
    await page.goto(`/deployments/${rollOut?.id}`)
    await page.getByText('Started by the key “day shift”').waitFor()
    await page.goto('/activity')
    const rows = page.getByRole('listitem')
    const ofRollOut = rows.filter({ hasText: 'com.example.dock 3 to docks' })
    await ofRollOut.filter({ hasText: 'by the key “day shift”' }).first().waitFor()
    await rows
      .filter({ hasText: 'Refresh: 1 device' })
      .filter({ hasText: `by ${user.email}` })
      .first()
      .waitFor()
  })
})

test('a new project opens on the upload of its configuration', async () => {
  await controller.account.call(createProject, { name: 'kiosk' })
  await controller.as(['registry:admin'], async (page) => {
    await page.goto('/projects/kiosk')
    await page.getByText('No configuration yet').waitFor()
    await page.getByRole('button', { name: 'Upload configuration' }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByRole('combobox', { name: 'Type' }).inputValue()).toBe('Project configuration')
  })
})

test('an unknown address in a browser is a page that says so', async () => {
  await controller.as(['fleet:read'], async (page) => {
    for (const address of ['/nothing-here', '/v1/default/nothing']) {
      const answer = await page.goto(address)
      expect(answer?.status()).toBe(404)
      await page.getByText('There is no page at this address').waitFor()
    }
  })
  const toScripts = await controller.platform.fetch('/nothing-here', { headers: { accept: '*/*' } })
  expect(toScripts.headers.get('content-type')).toContain('application/json')
})
