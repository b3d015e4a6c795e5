import { createGroup } from '@mason/contract/group'
import { listUsers, presets } from '@mason/contract/user'
import { expect, test } from 'vitest'
import { newDevice } from '../../server/test/factories.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()

test('who is restricted to groups is offered these, and nothing of the account', async () => {
  const { platform, account } = controller
  for (const name of ['lyon', 'nice']) {
    await account.call(createGroup, { name })
    await newDevice(platform, account, { group: name, name: `Till in ${name}` })
  }
  await controller.as(
    presets.admin,
    async (page) => {
      const pages = page.getByRole('navigation', { name: 'Pages' })
      const offered = await pages.getByRole('link').allInnerTexts()
      expect(offered).toContain('Devices')
      for (const name of ['Alerts', 'Data usage', 'Plan', 'API keys', 'Users', 'Webhooks', 'Audit trail', 'Nodes'])
        expect(offered).not.toContain(name)
      for (const name of offered) {
        await pages.getByRole('link', { name, exact: true }).click()
        await page.getByRole('heading', { level: 1, name }).waitFor()
        await expect.poll(() => page.locator('#main [aria-busy=true]').count()).toBe(0)
      }
      await page.goto('/devices')
      await page.getByText('Till in lyon').first().waitFor()
      expect(await page.getByText('Till in nice').count()).toBe(0)
      await page.goto('/groups')
      await page.getByText('lyon').first().waitFor()
      expect(await page.getByRole('button', { name: 'New group' }).count()).toBe(0)
      await page.goto('/users')
      await page.getByText('you are restricted to groups').waitFor()
      await page.goto('/profile')
      await page.getByText('restricted to lyon').waitFor()
    },
    ['lyon'],
  )
})

test('a user is invited into groups, which can be changed and lifted', async () => {
  await controller.as(['account:owner'], async (page) => {
    await page.goto('/users')
    await page.getByRole('button', { name: 'Invite' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('E-mail').fill('shop@example.com')
    await dialog.getByRole('switch', { name: 'Restrict to groups' }).check({ force: true })
    expect(await dialog.getByRole('button', { name: 'Invite' }).isDisabled()).toBe(true)
    await dialog.getByRole('combobox', { name: 'Groups' }).fill('nice')
    await page.getByRole('option', { name: 'nice' }).click()
    await page.keyboard.press('Tab')
    await dialog.getByRole('button', { name: 'Invite' }).click()
    const groupsOf = async () =>
      (await controller.account.call(listUsers, { limit: 1000 })).data.find(({ email }) => email === 'shop@example.com')
        ?.groups
    await expect.poll(groupsOf).toEqual(['nice'])
    await page.goto('/users')
    await page.getByText('restricted to nice').waitFor()
    await page.getByRole('button', { name: 'Actions for shop@example.com' }).click()
    await page.getByRole('menuitem', { name: 'Name, scopes and groups' }).click()
    await dialog.getByRole('switch', { name: 'Restrict to groups' }).uncheck({ force: true })
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect.poll(groupsOf).toBeUndefined()
  })
})
