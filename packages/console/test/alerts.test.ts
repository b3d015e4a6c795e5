import { listAlertRules } from '@mason/contract/alert-rule'
import { expect, test } from 'vitest'
import { newDevice } from '../../server/test/factories.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()
const withLevel = (level: number) => ({ bootId: 'boot-1', battery: { level: String(level) } })

test('a rule is made with a preview; its alert comes to the inbox, is acknowledged, and ends', async () => {
  const { platform, account } = controller
  const device = await newDevice(platform, account, { name: 'till 7' })
  await device.checkIn(withLevel(9))
  await controller.as(['account:owner'], async (page) => {
    await page.getByRole('link', { name: 'Alerts' }).click()
    await page.getByText('No open alerts').waitFor()
    await page.getByRole('link', { name: 'Alert rules' }).click()
    await page.getByText('Batteries are low').waitFor()
    await page.getByRole('button', { name: 'New rule' }).click()
    const form = page.getByRole('dialog')
    await form.getByLabel('Name', { exact: true }).fill('Empty tills')
    await form.getByLabel('Condition').selectOption('device.battery')
    await form.getByLabel('Below, in percent').fill('15')
    await form.getByText('Would alert for 1 device now').waitFor()
    await form.getByLabel('Filter', { exact: true }).fill('nam==x')
    await form.getByText(/is wrong at position 1/).waitFor()
    await form.getByLabel('Filter', { exact: true }).fill('name==another')
    await form.getByText('Would alert for 0 devices now').waitFor()
    await form.getByLabel('Filter', { exact: true }).fill('name=="till*"')
    await form.getByText('Would alert for 1 device now').waitFor()
    expect(await axeFaultsInBoth(page, '[role=dialog]')).toEqual([])
    await form.getByRole('button', { name: 'Create rule' }).click()
    const rule = page.getByRole('listitem').filter({ hasText: 'Empty tills' })
    await rule.getByText('enabled', { exact: true }).waitFor()

    await page.getByRole('navigation', { name: 'Pages' }).getByTitle('1 open').waitFor()
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Alerts' }).click()
    const alert = page.getByRole('listitem').filter({ hasText: 'till 7' })
    await alert.getByText('Battery low, at 9 percent').waitFor()
    expect(await axeFaultsInBoth(page)).toEqual([])
    await alert.getByRole('button', { name: 'Acknowledge' }).click()
    await page.getByText('No open alerts').waitFor()
    await page.getByLabel('State').selectOption('acknowledged')
    await alert.getByRole('button', { name: 'Resolve' }).click()
    await page.getByRole('dialog').getByLabel('Note').fill('On the charger')
    await page.getByRole('dialog').getByRole('button', { name: 'Resolve' }).click()
    await page.getByLabel('State').selectOption('resolved')
    await alert.getByText('“On the charger”').waitFor()
  })
  const { data } = await account.call(listAlertRules)
  expect(data.at(-1)).toMatchObject({ name: 'Empty tills', below: 15, filter: 'name=="till*"' })
})

test('a digest is asked for on the profile page', async () => {
  await controller.as(['fleet:read'], async (page) => {
    await page.goto('/profile')
    await page.getByLabel('Every Monday').check()
    await page.reload()
    await expect.poll(() => page.getByLabel('Every Monday').isChecked()).toBe(true)
    expect(await axeFaultsInBoth(page)).toEqual([])
  })
})
