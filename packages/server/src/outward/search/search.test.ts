import { createApiKey } from '@mason/contract/apikey'
import { createGroup } from '@mason/contract/group'
import { createProject } from '@mason/contract/project'
import type { Scope } from '@mason/contract/scopes'
import { maxFound, search } from '@mason/contract/search'
import { registerSim } from '@mason/contract/sim'
import { inviteUser } from '@mason/contract/user'
import { type Client, createClient } from '@mason/sdk/client'
import { expect, test } from 'vitest'
import { registerApk } from '../../../test/artifacts.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()

const found = async ({ call }: Pick<Client, 'call'>, q: string) => (await call(search, { q })).data
const names = async (client: Pick<Client, 'call'>, q: string) =>
  (await found(client, q)).map(({ kind, name }) => `${kind} ${name}`)

async function keyed({ call }: TestAccount, ...scopes: Scope[]) {
  const { data } = await call(createApiKey, { name: 'least', scopes })
  return createClient({ baseUrl: platform.url, key: data[0]?.key ?? '', maxRetries: 0 })
}

test('what is equal comes first, then what begins with the text, then what contains it', async () => {
  const account = await platform.newAccount()
  for (const name of ['My lobby', 'Lobby 2', 'lobby']) await newDevice(platform, account, { name })
  for (const name of ['lobby', 'old-lobby']) await account.call(createGroup, { name, description: 'doors' })
  await account.call(createProject, { name: 'lobby-app' })
  await account.call(registerSim, { iccid: '8988303000000614224', name: 'Lobby SIM' })
  await account.call(inviteUser, { email: 'x@lobby.example', name: 'Lo', scopes: ['fleet:read'] })
  await registerApk(account, 'com.lobby.till', 1)
  await registerApk(account, 'com.lobby.till', 2)
  expect(await names(account, 'LOBBY')).toEqual([
    'device lobby',
    'group lobby',
    'device Lobby 2',
    'sim Lobby SIM',
    'project lobby-app',
    'device My lobby',
    'group old-lobby',
    'artifact com.lobby.till',
    'user Lo',
  ])
  expect(await found(account, '614224')).toEqual([
    {
      kind: 'sim',
      id: '8988303000000614224',
      self: '/v1/default/sim/8988303000000614224',
      name: 'Lobby SIM',
      detail: '8988303000000614224',
    },
  ])
  const reader = await keyed(account, 'registry:read')
  expect(await names(reader, 'lobby')).toEqual(['project lobby-app', 'artifact com.lobby.till'])
  expect(await found(await keyed(account, 'notify:check'), 'lobby')).toEqual([])
  expect(await found(await platform.newAccount(), 'lobby')).toEqual([])
})

test('a device is found by the last digits of its label, and by each of its numbers', async () => {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account, { serialnumber: 'MSN-D450-00014277', imei: '356938035643809' })
  const expected = [
    { kind: 'device', id, self: `/v1/default/device/${id}`, name: expect.any(String), detail: 'MSN-D450-00014277' },
  ]
  for (const q of ['4277', 'msn-d450-00014277', '35 693803 564380 9', id, id.slice(9, 18).toUpperCase(), '  4277 '])
    expect(await found(account, q), q).toEqual(expected)
  for (const q of ['9999', '%', '_', '\\', "'", '"', '\u0001', '*']) expect(await found(account, q), q).toEqual([])
})

test('a number that ends with the digits comes before those that have them elsewhere', async () => {
  const account = await platform.newAccount()
  for (const serialnumber of ['MSN-042731', 'MSN-310427', 'MSN-042732'])
    await newDevice(platform, account, { serialnumber })
  const details = (await found(account, '0427')).map(({ detail }) => detail)
  expect(details.slice(0, 1)).toEqual(['MSN-310427'])
  expect(details.toSorted()).toEqual(['MSN-042731', 'MSN-042732', 'MSN-310427'])
})

test('kinds take turns, so that many devices hide no group; fewer than three characters are a beginning', async () => {
  const account = await platform.newAccount()
  for (let n = 0; n < maxFound + 3; n++) await newDevice(platform, account, { name: `Till ${n}` })
  await account.call(createGroup, { name: 'tills' })
  for (const q of ['till', 'ti', 't']) {
    const finds = await names(account, q)
    expect(finds, q).toHaveLength(maxFound)
    expect(finds.slice(0, 2), q).toEqual(['device Till 0', 'group tills'])
  }
  expect(await names(account, 'il')).toEqual([])
  expect(await names(account, 'ill')).toHaveLength(maxFound)
  await expect(account.call(search, { q: '' })).rejects.toMatchObject({ status: 400 })
})
