import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { axeFaultsInBoth } from './accessibility.ts'
import { consoleUnderTest } from './console.ts'
import { visit } from './every-page.ts'

const controller = consoleUnderTest()

interface Secret {
  what: string
  at: string
  make: (page: Page) => Promise<void>
  shown: RegExp
}

const secrets: Secret[] = [
  {
    what: 'a key',
    at: '/keys',
    make: async (page) => {
      await page.getByRole('button', { name: 'New key' }).click()
      await page.getByLabel('Name', { exact: true }).fill('Nightly report')
      await page.getByRole('checkbox', { name: 'fleet:read' }).check()
      await page.getByRole('button', { name: 'Create key' }).click()
    },
    shown: /^mason_/,
  },
  {
    what: 'the link of an invitation',
    at: '/users',
    make: async (page) => {
      await page.getByRole('button', { name: 'Invite' }).click()
      await page.getByLabel('E-mail').fill('grace@example.com')
      await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click()
    },
    shown: /\/join#/,
  },
  {
    what: 'the secret of a webhook',
    at: '/webhooks',
    make: async (page) => {
      await page.getByRole('button', { name: 'New webhook' }).click()
      await page.getByLabel('URL', { exact: true }).fill('https://hooks.invalid/mason')
      await page.getByRole('combobox', { name: 'Events' }).fill('group')
      await page.getByRole('option', { name: 'group.*' }).click()
      expect(await axeFaultsInBoth(page, '[role=listbox]')).toEqual([])
      await page.getByLabel('Purpose', { exact: true }).fill('Help desk')
      await page.getByRole('button', { name: 'Create webhook' }).click()
    },
    shown: /^whsec_/,
  },
]

test.each(secrets)('$what is shown until somebody says that it was copied', async ({ at, make, shown }) => {
  await controller.as(['account:owner'], async (page) => {
    await visit(page, at)
    await make(page)
    const secret = page.getByRole('dialog').locator('pre', { hasText: shown }).first()
    await secret.waitFor()
    expect(await axeFaultsInBoth(page, '[role=dialog]')).toEqual([])
    await page.keyboard.press('Escape')
    await page.mouse.click(4, 4)
    expect(await page.getByRole('dialog').getByRole('button', { name: 'Close' }).count()).toBe(0)
    expect(await secret.isVisible()).toBe(true)
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await secret.waitFor({ state: 'detached' })
  })
})

test('a new token is shown without a fault of accessibility in each of its tabs', async () => {
  await controller.as(['fleet:admin'], async (page) => {
    await visit(page, '/enrollment')
    await page.getByRole('button', { name: 'New token' }).first().click()
    await page.getByRole('dialog').getByRole('button', { name: 'Create token' }).click()
    await page.locator('pre', { hasText: /^enroll_/ }).waitFor()
    for (const tab of ['Android', 'Linux', 'Simulated devices']) {
      await page.getByRole('tab', { name: tab }).click()
      expect(await axeFaultsInBoth(page), tab).toEqual([])
    }
  })
})
