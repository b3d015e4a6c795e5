import { createApiKey } from '@mason/contract/apikey'
import { deleteDevice, getDevice, getSummary, listDevices, updateDevice } from '@mason/contract/device'
import { createGroup } from '@mason/contract/group'
import { createClient } from '@mason/sdk/client'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()

describe('a device', () => {
  test('has the documented form from enrollment on', async () => {
    const account = await platform.newAccount()
    const { id, serialnumber } = await newDevice(platform, account, {
      imei: '356938035643809',
      name: 'Till "1"\n',
      family: 'D450',
    })
    const {
      data: [device],
    } = await account.call(getDevice, { id })
    expect(device).toEqual({
      id,
      self: `/v1/default/device/${id}`,
      name: 'Till "1"\n',
      imei: '356938035643809',
      serialnumber,
      family: 'D450',
      kind: 'mason-linux',
      createdAt: expect.stringMatching(/Z$/),
      lastcheckin: device?.createdAt,
      group: { name: 'unassigned', self: '/v1/default/group/unassigned' },
      online: true,
      status: { osUpdated: true, appsUpdated: true, projectUpdated: true },
    })
  })

  test('is renamed and moved', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const { id } = await newDevice(platform, account)
    const {
      data: [device],
    } = await account.call(updateDevice, { id, name: 'Till 7', group: 'tills' })
    expect(device).toMatchObject({ name: 'Till 7', group: { name: 'tills', self: '/v1/default/group/tills' } })
    expect((await account.call(getDevice, { id })).data[0]).toEqual(device)
    await expect(account.call(updateDevice, { id, group: 'none' })).rejects.toMatchObject({ status: 404 })
    await expect(account.call(updateDevice, { id })).rejects.toMatchObject({ status: 400 })
  })

  test('is renamed by fleet:manager and moved by fleet:move', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const { id } = await newDevice(platform, account)
    const {
      data: [key],
    } = await account.call(createApiKey, { name: 'mover', scopes: ['fleet:move'] })
    const mover = createClient({ baseUrl: platform.url, key: key?.key ?? '' })
    await expect(mover.call(updateDevice, { id, name: 'x', group: 'tills' })).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('fleet:manager'),
    })
    expect((await account.call(getDevice, { id })).data[0]?.group.name).toBe('unassigned')
    expect((await mover.call(updateDevice, { id, group: 'tills' })).data[0]?.group.name).toBe('tills')
    await expect(mover.call(getDevice, { id })).rejects.toMatchObject({ status: 403 })
  })

  test('that is de-provisioned is gone everywhere', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await device.checkIn({ location: { latitude: 1, longitude: 2, recordedAt: '2026-01-01T00:00:00Z' } })
    expect((await account.call(deleteDevice, { id: device.id })).data[0]?.id).toBe(device.id)
    await expect(account.call(getDevice, { id: device.id })).rejects.toMatchObject({ status: 404 })
    await expect(account.call(deleteDevice, { id: device.id })).rejects.toMatchObject({ status: 404 })
    await expect(device.checkIn()).rejects.toMatchObject({ status: 401 })
    expect((await account.call(listDevices)).data).toEqual([])
    const again = await newDevice(platform, account, { serialnumber: device.serialnumber })
    expect(again.id).not.toBe(device.id)
  })
})

describe('the device list', () => {
  test('narrows by every filter, and by several at once', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const first = await newDevice(platform, account, {
      name: 'Alpha',
      serialnumber: 'SN-1',
      imei: '356938035643809',
      family: 'D450',
    })
    const second = await newDevice(platform, account, {
      name: 'alphabet',
      serialnumber: 'SN-2',
      family: 'W1',
      group: 'tills',
    })
    const third = await newDevice(platform, account, { name: '100%', serialnumber: 'alp-3', family: 'W1' })
    await second.checkIn({ connection: { sim: [{ iccid: '8988303000000614224F' }] } })
    const found = async (query: object) => (await account.call(listDevices, query)).data.map((device) => device.id)
    const all = [first.id, second.id, third.id]
    expect(await found({})).toEqual(all)
    expect(await found({ name: 'Alpha' })).toEqual([first.id])
    expect(await found({ n: 'ALPH' })).toEqual([first.id, second.id])
    expect(await found({ n: 'alp' })).toEqual(all)
    expect(await found({ n: '35693803' })).toEqual([first.id])
    expect(await found({ n: '100%' })).toEqual([third.id])
    expect(await found({ n: '_00' })).toEqual([])
    expect(await found({ n: '' })).toEqual(all)
    expect(await found({ group: 'tills' })).toEqual([second.id])
    expect(await found({ family: 'W1' })).toEqual([second.id, third.id])
    expect(await found({ family: 'W1', group: 'unassigned' })).toEqual([third.id])
    expect(await found({ imei: '356938035643809' })).toEqual([first.id])
    expect(await found({ serialnumber: 'SN-2' })).toEqual([second.id])
    expect(await found({ iccid: '8988303000000614224' })).toEqual([second.id])
    expect(await found({ online: true })).toEqual(all)
    expect(await found({ online: false })).toEqual([])
    const { lastcheckin } = (await account.call(getDevice, { id: second.id })).data[0] ?? {}
    expect(await found({ checkedInAfter: lastcheckin })).toEqual([second.id])
    expect(await found({ checkedInBefore: lastcheckin })).toEqual([first.id, third.id])
    expect(await found({ checkedInBefore: '2020-01-01T00:00:00+02:00' })).toEqual([])
    await expect(found({ checkedInAfter: 'yesterday' })).rejects.toMatchObject({
      status: 400,
      errors: [{ path: '/checkedInAfter' }],
    })
  })
})

describe('a page of the whole fleet', () => {
  test.each([{}, { limit: 2 }, { limit: 1000 }])('by %o has each device as it is read by itself', async (size) => {
    const [account, other] = [await platform.newAccount(), await platform.newAccount()]
    const ids: string[] = []
    for (let made = 0; made < 6; made++) {
      const device = await newDevice(platform, account, { name: `Kasse ü ${made}` })
      if (made % 2 === 0) await device.checkIn({ bootId: 'boot-1', battery: { level: String(50 + made) } })
      await newDevice(platform, other)
      ids.push(device.id)
    }
    const [gone] = ids.splice(2, 1)
    await account.call(deleteDevice, { id: gone ?? '' })
    const read = async (id: string) => (await account.call(getDevice, { id })).data[0]
    const alone = await Promise.all(ids.map(read))

    const walked: unknown[] = []
    let page = await account.call(listDevices, size)
    for (; ; page = await account.call(listDevices, { ...size, after: page.nextPage })) {
      walked.push(...page.data)
      if (page.nextPage === undefined) break
    }
    expect(walked).toEqual(alone)
    const back = [...page.data]
    while (page.prevPage !== undefined) {
      page = await account.call(listDevices, { ...size, before: page.prevPage })
      back.unshift(...page.data)
    }
    expect(back).toEqual(alone)
    // The key of a device that is gone is still a place in the list.
    expect((await account.call(listDevices, { ...size, after: gone })).data[0]).toEqual(alone[2])
    expect((await account.call(listDevices, { ...size, before: gone })).data.at(-1)).toEqual(alone[1])
  })
})

test('devices not seen for long are found, offline or connected, few or many', async () => {
  const account = await platform.newAccount()
  const insert = (count: number, days: number, isOnline: boolean) =>
    platform.database.query(sql`
      INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash, identity, online,
                          last_checkin)
      SELECT ${account.accountId}, gen_random_uuid(), '', gen_random_uuid()::text, 'D450', 'unassigned', '', '', ${isOnline},
             now() - make_interval(days => ${days})
      FROM generate_series(1, ${count}::int)`)
  const weekAgo = new Date(Date.now() - 7 * 86_400_000).toISOString()
  const found = async (query: object) =>
    (await account.call(listDevices, { checkedInBefore: weekAgo, limit: 1000, ...query })).data.length
  await insert(20, 6, false)
  await insert(300, 8, false)
  expect(await found({})).toBe(300)
  await insert(400, 9, false)
  expect(await found({})).toBe(700)
  expect(await found({ limit: 10, group: 'unassigned' })).toBe(10)
  await insert(20, 6, true)
  await insert(30, 8, true)
  expect(await found({})).toBe(730)
  expect(await found({ online: true })).toBe(30)
})

describe('the summary', () => {
  test('counts every change of the fleet', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const summary = async () => (await account.call(getSummary)).data[0]
    expect(await summary()).toEqual({ devices: 0, online: 0, outOfDate: 0, groups: [], families: [], releases: [] })
    const [first, second] = [
      await newDevice(platform, account, { group: 'tills' }),
      await newDevice(platform, account, { family: 'W1' }),
    ]
    await first.checkIn({ os: { masonOS: { release: '2.14' } } })
    await second.checkIn({ os: { masonOS: { release: '2.14' } } })
    expect(await summary()).toEqual({
      devices: 2,
      online: 2,
      outOfDate: 0,
      groups: [
        { name: 'tills', devices: 1 },
        { name: 'unassigned', devices: 1 },
      ],
      families: [
        { name: 'D450', devices: 1 },
        { name: 'W1', devices: 1 },
      ],
      releases: [{ name: '2.14', devices: 2 }],
    })
    await second.checkIn({ os: { masonOS: { release: '2.15' } } })
    await account.call(updateDevice, { id: first.id, group: 'unassigned' })
    expect(await summary()).toMatchObject({
      groups: [{ name: 'unassigned', devices: 2 }],
      releases: [
        { name: '2.14', devices: 1 },
        { name: '2.15', devices: 1 },
      ],
    })
    await account.call(deleteDevice, { id: first.id })
    expect(await summary()).toMatchObject({
      devices: 1,
      online: 1,
      families: [{ name: 'W1', devices: 1 }],
      releases: [{ name: '2.15', devices: 1 }],
    })
  })
})
