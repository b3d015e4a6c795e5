import { createGroup } from '@mason/contract/group'
import { expect, test } from 'vitest'
import { eventually } from '../../server/test/eventually.ts'
import { status, taken, useReceivers, verify } from '../../server/test/receiver.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest({ WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_HOSTS: '127.0.0.1' })
const newReceiver = useReceivers()

test('a webhook is made, tested, fails, and delivers again', async () => {
  const receiver = await newReceiver()
  await controller.as(['account:owner'], async (page) => {
    await page.getByRole('link', { name: 'Webhooks' }).click()
    await page.getByText('No webhooks yet').waitFor()
    await page.getByRole('button', { name: 'New webhook' }).click()
    await page.getByLabel('URL', { exact: true }).fill(`${receiver.url}/hook`)
    await page.getByRole('combobox', { name: 'Events' }).fill('group')
    await page.getByRole('option', { name: 'group.*' }).click()
    await page.getByLabel('Purpose', { exact: true }).fill('Help desk')
    await page.getByRole('button', { name: 'Create webhook' }).click()

    const secret = await page.locator('pre', { hasText: 'whsec_' }).first().innerText()
    await page.getByRole('tab', { name: 'Python' }).click()
    await page.getByText('ThreadingHTTPServer').first().waitFor()
    expect(await axeFaultsInBoth(page, '[role=dialog]')).toEqual([])
    await page.getByRole('button', { name: 'I have copied it' }).click()

    await page.getByRole('link', { name: 'Help desk' }).click()
    await page.getByRole('button', { name: 'Send test' }).click()
    const deliveries = page.getByRole('region', { name: 'Deliveries' }).getByRole('listitem')
    await deliveries.filter({ hasText: 'webhook.test' }).getByText('succeeded').waitFor()
    for (const call of receiver.calls) verify(secret, call)

    receiver.answer = status(500)
    await controller.account.call(createGroup, { name: 'tills' })
    const failing = deliveries.filter({ hasText: 'group.created' })
    await failing.getByText('1 attempt').click()
    await failing.getByText('500 after').waitFor()
    await failing.getByText('this is 500').waitFor()
    await page.getByText('failing', { exact: true }).waitFor()
    expect(await axeFaultsInBoth(page)).toEqual([])

    receiver.answer = taken
    await failing.getByRole('button', { name: 'Deliver again' }).click()
    await failing.getByText('succeeded').waitFor()
    await eventually(() =>
      expect(receiver.subjects().filter((subject) => subject === 'tills').length).toBeGreaterThan(1),
    )
    await page.getByText('enabled', { exact: true }).waitFor()

    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete webhook' }).click()
    await page.getByText('No webhooks yet').waitFor()
  })
})

test('who may only read webhooks sees them and changes none', async () => {
  const { platform, account } = controller
  await platform.fetch('/v1/default/webhook', {
    method: 'POST',
    key: account.key,
    body: JSON.stringify({ url: 'https://hooks.invalid', types: ['sim.*'] }),
  })
  await controller.as(['hook:read'], async (page) => {
    await page.goto('/webhooks')
    await page.getByRole('link', { name: 'https://hooks.invalid' }).click()
    await page.getByText('No deliveries yet').waitFor()
    expect(await page.getByRole('button', { name: /test|disable|replay|more actions/i }).count()).toBe(0)
  })
})
