import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createGroup } from '@mason/contract/group'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../server/test/eventually.ts'
import { newDevice } from '../../server/test/factories.ts'
import { freePort } from '../../server/test/free-port.ts'
import { type Letter, useMailServer } from '../../server/test/mail-server.ts'
import { axeFaults } from './accessibility.ts'
import { phone } from './browser.ts'
import { consoleUnderTest } from './console.ts'

const post = await useMailServer()
const controller = consoleUnderTest(
  { SMTP_URL: post.url, WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_HOSTS: '127.0.0.1' },
  post.textTo,
)

/** Runs a receiver until the test ends, and returns what it has said so far. */
async function runReceiver(code: string, env: Record<string, string>): Promise<() => string> {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'receiver-')), 'receiver.mjs')
  await writeFile(file, code)
  const receiver = spawn(process.execPath, [file], { env: { ...process.env, ...env } })
  onTestFinished(async () => {
    receiver.kill('SIGKILL')
    if (receiver.exitCode === null && receiver.signalCode === null) await once(receiver, 'close')
  })
  let said = ''
  receiver.stdout.on('data', (data) => {
    said += data
  })
  await eventually(() => expect(said).toContain('listening at'))
  return () => said
}

test('a webhook is received by the code that the page shows, verified, and delivered again', async () => {
  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}/mason`
  await controller.as(['account:owner'], async (page) => {
    await page.getByRole('link', { name: 'Webhooks' }).click()
    await page.getByRole('button', { name: 'New webhook' }).click()
    await page.getByLabel('URL', { exact: true }).fill(url)
    await page.getByRole('combobox', { name: 'Events' }).fill('group')
    await page.getByRole('option', { name: 'group.*' }).click()
    await page.getByLabel('Purpose', { exact: true }).fill('My first receiver')
    await page.getByRole('button', { name: 'Create webhook' }).click()
    const secret = await page.locator('pre', { hasText: 'whsec_' }).first().innerText()
    const code = await page.getByRole('tabpanel', { name: 'Node' }).locator('pre').innerText()
    const said = await runReceiver(code, { WEBHOOK_SECRET: secret, PORT: port })
    await page.getByRole('button', { name: 'I have copied it' }).click()

    await page.getByRole('link', { name: 'My first receiver' }).click()
    await page.getByRole('button', { name: 'Send test' }).click()
    const deliveries = page.getByRole('region', { name: 'Deliveries' }).getByRole('listitem')
    await deliveries.filter({ hasText: 'webhook.test' }).getByText('succeeded').waitFor()
    await eventually(() => expect(said()).toContain('webhook.test'))
    const forged = await fetch(url, { method: 'POST', body: '{}', headers: { 'webhook-id': '1' } })
    expect(forged.status).toBe(401)

    await controller.account.call(createGroup, { name: 'tills' })
    const created = deliveries.filter({ hasText: 'group.created' })
    await created.getByText('succeeded').waitFor()
    await created.getByRole('button', { name: 'Deliver again' }).click()
    await eventually(() => expect(said().match(/group\.created tills/g)).toHaveLength(2))
    await created.getByText('2 attempts').waitFor()
  })
})

/** A mail as somebody reads it on a phone: nothing is cut off, and each word is told from its ground, light and dark. */
async function expectReadable({ html }: Letter): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await controller.browser.newPage({ viewport: phone, colorScheme })
    await page.setContent(html)
    expect(await axeFaults(page), colorScheme).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width)
    await page.close()
  }
}

/** Where a link of a mail leads. */
const linkOf = ({ text }: Letter, label: string) => new RegExp(`${label}:\\n(\\S+)`).exec(text)?.[1] ?? ''

test('an alert rule is made, previewed and fires; its mail is read, and one click in it pauses the rule', async () => {
  const { platform, account } = controller
  const device = await newDevice(platform, account, { name: `till ${'7'.repeat(120)}` })
  await device.checkIn({ bootId: 'boot-1', battery: { level: '9' } })
  await controller.as(['account:owner'], async (page) => {
    await page.goto('/alerts/rules')
    await page.getByRole('button', { name: 'New rule' }).click()
    const form = page.getByRole('dialog')
    await form.getByLabel('Name', { exact: true }).fill('Empty tills')
    await form.getByLabel('Condition').selectOption('device.battery')
    await form.getByLabel('Below, in percent').fill('15')
    await form.getByText('Would alert for 1 device now').waitFor()
    await form.getByLabel('Mail to').first().fill('ops@example.com')
    await page.keyboard.press('Enter')
    await form.getByRole('button', { name: 'Create rule' }).click()
    const letter = await eventually(async () => {
      await platform.database.pool.query('UPDATE alert_rule SET mail_due_at = now() WHERE mail_due_at IS NOT NULL')
      const found = post.letters.find(({ to }) => to === 'ops@example.com')
      expect(found).toBeDefined()
      return found as Letter
    })
    expect(letter.subject).toBe('Empty tills: 1 new alert')
    await expectReadable(letter)

    await page.goto(linkOf(letter, 'Open the alerts'))
    await page.getByRole('listitem').filter({ hasText: 'till 7' }).getByText('Battery low, at 9 percent').waitFor()
    await page.goto(linkOf(letter, 'Pause this rule'))
    await page.getByRole('heading', { name: 'Pause “Empty tills”?' }).waitFor()
    expect(await axeFaults(page)).toEqual([])
    await page.getByRole('button', { name: 'Pause the rule' }).click()
    await page.getByRole('heading', { name: '“Empty tills” is paused' }).waitFor()
    await page.goto('/alerts/rules')
    await page.getByRole('listitem').filter({ hasText: 'Empty tills' }).getByText('disabled').waitFor()
  })
})

test('a digest is asked for, read, and stopped by its link; the page that asked for it says so', async () => {
  const { platform } = controller
  await controller.as(['account:owner'], async (page) => {
    await page.goto('/profile')
    await page.getByLabel('Every Monday').check()
    const letter = await eventually(async () => {
      await platform.database.pool.query("UPDATE app_user SET digest_due_at = now() WHERE digest = 'weekly'")
      await platform.runJob('send-digests')
      const found = post.letters.find(({ subject }) => subject.includes('your weekly digest'))
      expect(found).toBeDefined()
      return found as Letter
    })
    await expectReadable(letter)
    const link = await page.context().newPage()
    await link.goto(linkOf(letter, 'Stop the digest'))
    expect(await axeFaults(link)).toEqual([])
    await link.getByRole('button', { name: 'Stop the digest' }).click()
    await link.getByRole('heading', { name: 'The digest is stopped' }).waitFor()
    await expect.poll(() => page.getByLabel('Never').isChecked(), { timeout: 20_000 }).toBe(true)
  })
})
