import { createGroup } from '@mason/contract/group'
import { inviteUser } from '@mason/contract/user'
import { createWebhook, getWebhook } from '@mason/contract/webhook'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { type Platform, startPlatform } from '../../../test/harness.ts'
import { useMailServer } from '../../../test/mail-server.ts'
import { status, useReceivers } from '../../../test/receiver.ts'

const { url, letters } = await useMailServer()
let platform: Platform
const newReceiver = useReceivers()

beforeAll(async () => {
  platform = await startPlatform({
    ...{ SMTP_URL: url, PUBLIC_URL: 'https://mason.example' },
    ...{ WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_HOSTS: '127.0.0.1' },
  })
})
afterAll(() => platform.stop())

test('whoever may change a webhook that was disabled gets a mail with a link to it, once', async () => {
  const [account, receiver] = [await platform.newAccount(), await newReceiver()]
  receiver.answer = status(410)
  for (const [email, scope] of [
    ['owner@example.com', 'account:owner'],
    ['hooks@example.com', 'hook:admin'],
    ['reader@example.com', 'hook:read'],
  ] as const)
    await account.call(inviteUser, { email, scopes: [scope] })
  await platform.database.pool.query('UPDATE app_user SET joined_at = now() WHERE account_id = $1', [account.accountId])
  await eventually(() => expect(letters).toHaveLength(3))
  letters.length = 0

  const { data } = await account.call(createWebhook, { url: `${receiver.url}/secret-path`, types: ['group.*'] })
  const id = data[0]?.id ?? ''
  await Promise.all(['one', 'two', 'three'].map((name) => account.call(createGroup, { name })))
  await eventually(() => expect(letters.map(({ to }) => to).sort()).toEqual(['hooks@example.com', 'owner@example.com']))
  for (const { text } of letters) {
    expect(text).toContain(`https://mason.example/webhooks/${id}`)
    expect(text).toContain('its receiver answered 410 Gone')
    expect(text).not.toContain('secret-path')
  }
  expect((await account.call(getWebhook, { id })).data[0]?.enabled).toBe(false)
})
