import { createApiKey, deleteApiKey } from '@mason/contract/apikey'
import { updateDevice } from '@mason/contract/device'
import { createGroup } from '@mason/contract/group'
import { createProject } from '@mason/contract/project'
import { createClient } from '@mason/sdk/client'
import { expect, test } from 'vitest'
import { newDevice } from '../../server/test/factories.ts'
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
