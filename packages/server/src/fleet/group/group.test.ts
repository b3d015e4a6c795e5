import { updateDevice } from '@mason/contract/device'
import { createGroup, deleteGroup, getGroup, listGroups, updateGroup } from '@mason/contract/group'
import { describe, expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()

describe('groups', () => {
  test('are created, described, read, listed and deleted', async () => {
    const { call } = await platform.newAccount()
    const {
      data: [made],
    } = await call(createGroup, { name: 'kiosks', description: 'in the lobby' })
    expect(made).toEqual({
      name: 'kiosks',
      description: 'in the lobby',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      self: '/v1/default/group/kiosks',
    })
    expect((await call(updateGroup, { name: 'kiosks', description: '' })).data[0]?.description).toBe('')
    expect((await call(getGroup, { name: 'kiosks' })).data[0]).toEqual({ ...made, description: '' })
    expect((await call(listGroups)).data.map((group) => group.name)).toEqual(['kiosks', 'unassigned'])
    expect((await call(deleteGroup, { name: 'kiosks' })).data[0]?.name).toBe('kiosks')
    await expect(call(getGroup, { name: 'kiosks' })).rejects.toMatchObject({ status: 404, type: 'not_found_error' })
  })

  test('have names of their own', async () => {
    const { call } = await platform.newAccount()
    await call(createGroup, { name: 'kiosks' })
    await expect(call(createGroup, { name: 'kiosks' })).rejects.toMatchObject({
      status: 409,
      type: 'conflict_error',
      message: 'A group of this name exists already',
    })
    await expect(call(createGroup, { name: 'unassigned' })).rejects.toMatchObject({ status: 409 })
    await expect(call(createGroup, { name: 'two words' })).rejects.toMatchObject({
      status: 400,
      errors: [{ path: '/name' }],
    })
  })

  test('with spaces in their names, from elsewhere, are readable', async () => {
    const { call, accountId } = await platform.newAccount()
    await platform.database.pool.query('INSERT INTO device_group (account_id, name) VALUES ($1, $2)', [
      accountId,
      'Läden im Süden',
    ])
    const {
      data: [group],
    } = await call(getGroup, { name: 'Läden im Süden' })
    expect(group?.self).toBe('/v1/default/group/L%C3%A4den%20im%20S%C3%BCden')
  })

  test('that hold devices, and unassigned, cannot be deleted', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'kiosks' })
    const device = await newDevice(platform, account, { group: 'kiosks' })
    await expect(account.call(deleteGroup, { name: 'kiosks' })).rejects.toMatchObject({
      status: 409,
      type: 'conflict_error',
    })
    await expect(account.call(deleteGroup, { name: 'unassigned' })).rejects.toMatchObject({ status: 409 })
    await account.call(updateDevice, { id: device.id, group: 'unassigned' })
    await account.call(deleteGroup, { name: 'kiosks' })
  })

  test('hold devices of one family, unassigned of any', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const [till, watch] = [
      await newDevice(platform, account, { family: 'D450' }),
      await newDevice(platform, account, { family: 'W1' }),
    ]
    await account.call(updateDevice, { id: till.id, group: 'tills' })
    await expect(account.call(updateDevice, { id: watch.id, group: 'tills' })).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('D450'),
    })
    await account.call(updateDevice, { id: till.id, group: 'unassigned' })
    await account.call(updateDevice, { id: watch.id, group: 'tills' })
  })

  test('keep to one family when devices of two arrive side by side', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const devices = await Promise.all(
      ['A', 'B', 'A', 'B', 'A', 'B'].map((family) => newDevice(platform, account, { family })),
    )
    const moves = await Promise.allSettled(devices.map(({ id }) => account.call(updateDevice, { id, group: 'tills' })))
    const families = moves.flatMap((move) => (move.status === 'fulfilled' ? [move.value.data[0]?.family] : []))
    expect(families).toHaveLength(3)
    expect(new Set(families).size).toBe(1)
  })
})
