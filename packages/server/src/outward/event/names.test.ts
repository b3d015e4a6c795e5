import { createApiKey, deleteApiKey } from '@mason/contract/apikey'
import { createDeployment, listDeployments } from '@mason/contract/deployment'
import { deleteDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import { getBatch, notifyDevices } from '@mason/contract/notification'
import { deleteUser } from '@mason/contract/user'
import { createClient } from '@mason/sdk/client'
import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { newUser } from '../../../test/users.ts'

const platform = usePlatform()

test('the trail names keys and users, also those that have gone', async () => {
  const account = await platform.newAccount()
  const made = (
    await account.call(createApiKey, { name: 'front desk', scopes: ['fleet:admin', 'notify:all', 'fleet:deploy'] })
  ).data[0]
  const device = await newDevice(platform, account)
  const byKey = createClient({ baseUrl: platform.url, authorization: `basic ${made?.key}` })
  await byKey.call(createGroup, { name: 'tills' })
  const batch = (await byKey.call(notifyDevices, { type: 'refresh', target: { devices: [device.id] } })).data[0]
  const ota = { group: 'tills', type: 'ota', name: 'mason-os', version: '12', push: false } as const
  const deployment = (await byKey.call(createDeployment, ota)).data[0]
  await platform.fetch('/api/deploy', {
    method: 'POST',
    key: made?.key ?? '',
    body: JSON.stringify({ ...ota, version: '13' }),
  })
  const person = await newUser(platform, account, ['fleet:admin'])
  await person.browser.post('/v1/default/group', { name: 'kiosks' })
  await account.call(deleteApiKey, { id: made?.id ?? '' })
  await account.call(deleteUser, { id: person.id })
  await account.call(deleteDevice, { id: device.id })

  const { data } = await account.call(listEvents, { limit: 1000 })
  const of = (type: string) => data.filter((event) => event.type === type)
  expect(of('group.created').map(({ actor }) => actor.name)).toEqual(['front desk', person.email])
  expect(of('notification.queued')).toMatchObject([{ actor: { kind: 'key', name: 'front desk' } }])
  expect(of('key.deleted')).toMatchObject([{ subject: { name: 'front desk' } }])
  expect(of('user.removed')).toMatchObject([{ subject: { name: person.email } }])
  expect(of('device.deprovisioned')).toMatchObject([{ data: { name: device.serialnumber } }])
  const shown = (await account.call(getBatch, { id: batch && 'id' in batch ? batch.id : '' })).data[0]
  expect(shown).toMatchObject({ createdBy: { kind: 'key', id: made?.id, name: 'front desk' } })
  const deployments = (await account.call(listDeployments, {})).data
  expect(deployments.map(({ version, createdBy }) => [version, createdBy])).toEqual(
    ['12', '13'].map((version) => [version, { kind: 'key', id: made?.id, name: 'front desk' }]),
  )
  expect(deployments[0]?.id).toBe(deployment?.id)
})
