import { createApiKey } from '@mason/contract/apikey'
import { listEvents } from '@mason/contract/event'
import { createGroup, updateGroup } from '@mason/contract/group'
import { createWebhook, replayWebhook, updateWebhook } from '@mason/contract/webhook'
import { createClient } from '@mason/sdk/client'
import { expect, test } from 'vitest'
import { expectEventForm } from '../../../test/answer-form.ts'
import { eventually } from '../../../test/eventually.ts'
import { usePlatform } from '../../../test/harness.ts'
import { useReceivers } from '../../../test/receiver.ts'

const platform = usePlatform({ WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_HOSTS: '127.0.0.1' })
const newReceiver = useReceivers()

test('a webhook that names it gets the trail, and one for everything does not', async () => {
  const [account, receiver, all] = [await platform.newAccount(), await newReceiver(), await newReceiver()]
  const made = await account.call(createWebhook, { url: receiver.url, types: ['audit.*'] })
  await account.call(createWebhook, { url: all.url, types: ['*'] })
  const { data } = await account.call(createApiKey, { name: 'reader', scopes: ['fleet:read'] })
  const reader = createClient({ baseUrl: platform.url, authorization: `basic ${data[0]?.key}` })
  await expect(reader.call(createGroup, { name: 'x' })).rejects.toMatchObject({ status: 403 })
  await account.call(createGroup, { name: 'tills', description: 'south' })
  await account.call(updateGroup, { name: 'tills', description: 'north' })
  const told = () => receiver.calls.map(({ event }) => [event.type, event.data.action])
  const all4 = [
    ['audit.recorded', 'createApiKey'],
    ['audit.recorded', 'createGroup'],
    ['audit.recorded', 'createWebhook'],
    ['audit.recorded', 'createWebhook'],
    ['audit.recorded', 'updateGroup'],
    ['audit.refused', 'createGroup'],
  ]
  await eventually(() => expect(told().sort()).toEqual(all4))
  for (const { event } of receiver.calls) expectEventForm(event)
  expect(receiver.calls.find(({ event }) => event.data.action === 'updateGroup')?.event).toMatchObject({
    actor: { name: 'owner' },
    subject: { kind: 'group', id: 'tills' },
    data: { before: { description: 'south' }, after: { description: 'north' } },
  })
  await eventually(() => expect(all.calls.map(({ event }) => event.type)).toContain('group.updated'))
  expect(all.calls.filter(({ event }) => event.type.startsWith('audit.'))).toEqual([])
  const { data: events } = await account.call(listEvents, { limit: 1000 })
  expect(events.filter(({ type }) => type.startsWith('audit.'))).toEqual([])

  await account.call(replayWebhook, {
    id: made.data[0]?.id ?? '',
    since: '2020-01-01T00:00:00Z',
    types: ['audit.refused'],
  })
  await eventually(() => expect(told().filter(([type]) => type === 'audit.refused')).toHaveLength(2))
})

test('whoever may not read the trail cannot have it sent anywhere', async () => {
  const account = await platform.newAccount()
  const { data } = await account.call(createApiKey, { name: 'hooks', scopes: ['hook:admin'] })
  const byKey = createClient({ baseUrl: platform.url, authorization: `basic ${data[0]?.key}` })
  const url = 'https://hooks.invalid/mason'
  await expect(byKey.call(createWebhook, { url, types: ['audit.*'] })).rejects.toMatchObject({ status: 403 })
  const made = await account.call(createWebhook, { url, types: ['device.*', 'audit.refused'] })
  const id = made.data[0]?.id ?? ''
  await expect(byKey.call(updateWebhook, { id, url: `${url}/elsewhere` })).rejects.toMatchObject({ status: 403 })
  await byKey.call(createWebhook, { url, types: ['*'] })
})
