import { type Device, deleteDevice, listDevices, updateDevice } from '@mason/contract/device'
import { type DeviceSort, deviceSorts } from '@mason/contract/filter/fields'
import { beforeAll, describe, expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { compare } from '../../../test/naive-filter.ts'
import { deviceFields, makeVariedFleet } from '../../../test/varied-fleet.ts'

const platform = usePlatform()
let account: TestAccount
let fleet: Device[]
beforeAll(async () => {
  account = await platform.newAccount()
  fleet = await makeVariedFleet(platform, account, 30)
  await newDevice(platform, await platform.newAccount(), { name: 'till 1' })
}, 120_000)

/** The order of devices, looked at two by two. */
function inOrder(sort: DeviceSort, isDescending: boolean) {
  const { kind, of } = deviceFields[sort] ?? { kind: 'text', of: () => [] }
  const turn = isDescending ? -1 : 1
  return (left: Device, right: Device): number => {
    const [[one], [other]] = [of(left), of(right)]
    if (one !== undefined && other !== undefined)
      return turn * (compare(kind, String(one), String(other)) || compare('text', left.id, right.id))
    if (one === undefined && other === undefined) return turn * compare('text', left.id, right.id)
    return one === undefined ? 1 : -1
  }
}

const sorts = deviceSorts.flatMap((sort) => [
  { sort, query: sort, isDescending: false },
  { sort, query: `-${sort}` as const, isDescending: true },
])

describe.each(sorts)('devices sorted by $query', ({ sort, query, isDescending }) => {
  test.each([{}, { filter: 'battery.level>=40 or name==till*' }])(
    'are each on one page, both ways, with %o',
    async (filters) => {
      const all = (await account.call(listDevices, { ...filters, limit: 1_000 })).data
      const expected = all.toSorted(inOrder(sort, isDescending)).map(({ id }) => id)
      const input = { ...filters, sort: query, limit: 4 }
      const idsOf = (page: { data: Device[] }) => page.data.map(({ id }) => id)
      let page = await account.call(listDevices, input)
      const ids = idsOf(page)
      while (page.nextPage !== undefined) {
        page = await account.call(listDevices, { ...input, after: page.nextPage })
        ids.push(...idsOf(page))
      }
      expect(ids).toEqual(expected)
      const back = idsOf(page)
      while (page.prevPage !== undefined) {
        page = await account.call(listDevices, { ...input, before: page.prevPage })
        back.unshift(...idsOf(page))
      }
      expect(back).toEqual(expected)
    },
  )
})

test('a sorted list is walked to its end, whatever is removed and renamed meanwhile', async () => {
  const owner = await platform.newAccount()
  const names = Array.from({ length: 20 }, (_, index) => `Till ${String(index).padStart(2, '0')}`)
  for (const name of names.toReversed()) await newDevice(platform, owner, { name })
  const seen: string[] = []
  let page = await owner.call(listDevices, { sort: 'name', limit: 3 })
  for (;;) {
    seen.push(...page.data.map(({ name }) => name))
    const [first, , last] = page.data
    if (first) await owner.call(updateDevice, { id: first.id, name: `A ${first.name}` })
    if (last) await owner.call(deleteDevice, { id: last.id })
    if (page.nextPage === undefined) break
    page = await owner.call(listDevices, { sort: 'name', limit: 3, after: page.nextPage })
  }
  expect(seen).toEqual(names)
  const ended = await owner.call(listDevices, { sort: '-name', limit: 3 })
  const behind = await owner.call(listDevices, { sort: '-name', limit: 3, before: ended.nextPage })
  expect(behind.data).toEqual(ended.data.slice(0, 2))
  for (const { id } of (await owner.call(listDevices)).data) await owner.call(deleteDevice, { id })
  const nothing = await owner.call(listDevices, { sort: '-name', after: ended.nextPage })
  expect(nothing).toEqual({ data: [] })
})

test('a page behind the last device leads back to it', async () => {
  const { data } = await account.call(listDevices, { sort: 'createdAt', limit: 1_000 })
  const page = await account.call(listDevices, { sort: 'createdAt', limit: data.length - 1 })
  const last = await account.call(listDevices, { sort: 'createdAt', after: page.nextPage })
  expect(last.data).toEqual(data.slice(-1))
  const before = await account.call(listDevices, { sort: 'createdAt', before: last.prevPage, limit: 1_000 })
  expect(before.data).toEqual(data.slice(0, -1))
})

test('what is no page key of a sorted list is refused', async () => {
  const key = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url')
  const id = fleet[0]?.id
  for (const after of [
    'x',
    id ?? '',
    key('x'),
    key(['x']),
    key([1, id]),
    key(['x', 'y']),
    key(['a\u0000', id]),
    key(['\ud800', id]),
  ])
    await expect(account.call(listDevices, { sort: 'name', after }), after).rejects.toMatchObject({
      status: 400,
      errors: [{ path: '/after' }],
    })
  for (const value of ['yesterday', '1e5', '9'.repeat(18)])
    await expect(
      account.call(listDevices, { sort: 'lastcheckin', after: key([value, id]) }),
      value,
    ).rejects.toMatchObject({ status: 400 })
  await expect(account.call(listDevices, { sort: 'color' as DeviceSort })).rejects.toMatchObject({
    status: 400,
    errors: [{ path: '/sort', message: expect.stringContaining('must be one of name, lastcheckin') }],
  })
})
