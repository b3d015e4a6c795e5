import { listAuditEntries } from '@mason/contract/audit'
import { listEvents } from '@mason/contract/event'
import { deleteUser, exportUserData } from '@mason/contract/user'
import { expect, test } from 'vitest'
import { usePlatform } from '../../../test/harness.ts'
import { newUser } from '../../../test/users.ts'

const platform = usePlatform()

test('all that is kept about a user is one download; an erasure leaves what they did, and not who they were', async () => {
  const account = await platform.newAccount()
  const person = await newUser(platform, account, ['fleet:admin'])
  await person.browser.post('/v1/default/group', { name: 'tills' })
  const path = exportUserData.url.replace(':fleet', 'default').replace(':id', person.id)
  const lines = (await (await platform.fetch(path, { key: account.key })).text()).trim().split('\n')
  const kinds = lines.map((line) => JSON.parse(line)).map(({ kind, data }) => [kind, data.action ?? ''])
  expect(kinds).toEqual([
    ['user', ''],
    ['session', ''],
    ['audit', 'acceptLink'],
    ['audit', 'createGroup'],
    ['audit', 'inviteUser'],
    ['audit', 'exportUserData'],
  ])
  await account.call(deleteUser, { id: person.id, erase: true })
  const { data } = await account.call(listAuditEntries, { limit: 1000 })
  expect(data.at(-1)).toMatchObject({ action: 'deleteUser', after: { erased: true } })
  const { data: events } = await account.call(listEvents, { limit: 1000 })
  for (const told of [JSON.stringify(data), JSON.stringify(events)]) expect(told).not.toContain(person.email)
  expect(events.find(({ type }) => type === 'group.created')?.actor).toMatchObject({ name: 'erased user' })
  const { rows } = await platform.database.pool.query(
    'SELECT count(*)::int AS count FROM user_session WHERE user_id = $1',
    [person.id],
  )
  expect(rows).toEqual([{ count: 0 }])
})
