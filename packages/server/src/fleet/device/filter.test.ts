import { countDevices } from '@mason/contract/count'
import { type Device, listDevices, updateDevice } from '@mason/contract/device'
import { createExport, getExport } from '@mason/contract/export'
import { bulkDevices } from '@mason/contract/job'
import { notifyDevices } from '@mason/contract/notification'
import { createView } from '@mason/contract/view'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { ended, jobOf } from '../../../test/jobs.ts'
import { filtersOf, passes, written } from '../../../test/naive-filter.ts'
import { deviceFields, makeVariedFleet } from '../../../test/varied-fleet.ts'
import { countMatches } from '../../core/filter/count.ts'
import { filter } from './list.ts'

const platform = usePlatform()

let account: TestAccount
let fleet: Device[]
beforeAll(async () => {
  account = await platform.newAccount()
  fleet = await makeVariedFleet(platform, account, 40)
  await newDevice(platform, await platform.newAccount(), { name: 'till 1' })
}, 120_000)

async function walk(text: string): Promise<string[]> {
  const ids: string[] = []
  let page = await account.call(listDevices, { filter: text, limit: 7 })
  for (; ; page = await account.call(listDevices, { filter: text, limit: 7, after: page.nextPage })) {
    ids.push(...page.data.map(({ id }) => id))
    if (page.nextPage === undefined) break
  }
  const back = page.data.map(({ id }) => id)
  while (page.prevPage !== undefined) {
    page = await account.call(listDevices, { filter: text, limit: 7, before: page.prevPage })
    back.unshift(...page.data.map(({ id }) => id))
  }
  expect(back, text).toEqual(ids)
  return ids
}

async function exported(text: string): Promise<string> {
  const { data } = await account.call(createExport, { kind: 'device', format: 'ndjson', filter: text })
  const contentUrl = await eventually(async () => {
    const [shown] = (await account.call(getExport, { id: data[0]?.id ?? '' })).data
    expect(shown?.contentUrl).toBeDefined()
    return shown?.contentUrl ?? ''
  })
  return (await platform.fetch(contentUrl, { key: account.key })).text()
}

describe('a filter of devices', () => {
  test('lists, counts and reaches those that it is true of', async () => {
    const filters = filtersOf(deviceFields, fleet)
    await fc.assert(
      fc.asyncProperty(filters, async (naive) => {
        const text = written(naive)
        const expected = fleet.filter((device) => passes(deviceFields, naive, device)).map(({ id }) => id)
        expect(await walk(text), text).toEqual(expected)
        expect((await account.call(countDevices, { filter: text })).data, text).toEqual([
          { count: expected.length, exact: true },
        ])
        const reached = await account.call(notifyDevices, {
          type: 'refresh',
          target: { filter: { filter: text } },
          dryRun: true,
        })
        expect(reached.data[0], text).toMatchObject({ total: expected.length })
        const target = { filter: { filter: text } }
        const changed = await account.call(bulkDevices, { target, change: { notes: 'x' }, dryRun: true })
        expect(changed.data[0], text).toMatchObject({ total: expected.length })
      }),
      { numRuns: Number(process.env.FILTER_RUNS ?? 100) },
    )
  }, 300_000)

  test('changes in bulk, as a view and as an export those that it is true of', async () => {
    let run = 0
    const idsOf = (file: string) =>
      file.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).id as string]))
    await fc.assert(
      fc.asyncProperty(filtersOf(deviceFields, fleet), async (naive) => {
        const text = written(naive)
        const expected = fleet.filter((device) => passes(deviceFields, naive, device)).map(({ id }) => id)
        const name = `run ${++run}`
        const [view] = (await account.call(createView, { name, kind: 'device', filter: text })).data
        const target = { view: view?.id ?? '' }
        const job = jobOf(await account.call(bulkDevices, { target, change: { labels: { run: name } } }))
        expect(await ended(account, job), text).toMatchObject({ total: expected.length, done: expected.length })
        expect(await walk(`label.run=="${name}"`), text).toEqual(expected)
        expect(idsOf(await exported(text)), text).toEqual(expected)
      }),
      { numRuns: Number(process.env.FILTER_RUNS ?? 100) / 10 },
    )
  }, 300_000)

  test('goes together with the single filters and with a search', async () => {
    const found = async (query: object) => (await account.call(listDevices, query)).data.map(({ id }) => id)
    const text = 'battery.level>=50 or label.store==*'
    const matching = new Set(await found({ filter: text, limit: 1_000 }))
    const tills = fleet.filter(({ group, id }) => group.name === 'Tills' && matching.has(id))
    expect(await found({ filter: text, group: 'Tills' })).toEqual(tills.map(({ id }) => id))
    const recent = { checkedInAfter: fleet[20]?.lastcheckin }
    const isRecent = ({ lastcheckin, id }: Device) => lastcheckin >= (fleet[20]?.lastcheckin ?? '') && matching.has(id)
    expect(await found({ filter: text, ...recent })).toEqual(fleet.filter(isRecent).map(({ id }) => id))
    const searched = fleet.filter(({ name, id }) => name.toLowerCase().startsWith('till') && matching.has(id))
    expect(await found({ filter: text, n: 'till' })).toEqual(searched.map(({ id }) => id))
  })

  test('chooses what an export has', async () => {
    const text = 'label.store==* and battery.level<90'
    const { data } = await account.call(createExport, { kind: 'device', format: 'ndjson', filter: text })
    const id = data[0]?.id ?? ''
    await eventually(async () => expect((await account.call(getExport, { id })).data[0]?.state).toBe('succeeded'))
    expect((await account.call(getExport, { id })).data[0]).toMatchObject({ rows: (await walk(text)).length })
  })

  test('knows identifiers in every written form', async () => {
    const owner = await platform.newAccount()
    const { id, checkIn } = await newDevice(platform, owner, { serialnumber: 'SN-1', imei: '356938035643809' })
    await checkIn({ connection: { sim: [{ iccid: '8988303000000614224' }] } })
    await newDevice(platform, owner, { serialnumber: 'SN-2' })
    const found = async (text: string) => (await owner.call(listDevices, { filter: text })).data.map((one) => one.id)
    for (const text of [
      'imei==356938035643809',
      'imei=="35 693803 564380 9"',
      'imei==35693803564380',
      'imei==3569380*',
      'imei>35 and imei<36',
      'iccid=="8988 3030 0000 0614 224F"',
      'iccid==8988*',
      'iccid=in=(8988303000000614224,nothing)',
      'iccid==*',
      'serialnumber==sn-1',
      `id==${id.toUpperCase()}`,
      `id=="${id.slice(0, 30)}*"`,
      `lastcheckin>"-1h" and imei==*`,
    ])
      expect(await found(text), text).toEqual([id])
    expect(await found('imei==nothing or iccid==nothing or id==nothing')).toEqual([])
    expect(await found('imei!=nothing')).toHaveLength(2)
    expect(await found('lastcheckin<"-1h"')).toEqual([])
    expect(await found('createdAt<"-0s";createdAt>-1d')).toHaveLength(2)
  })
})

test('versions are in the order that people mean', async () => {
  const owner = await platform.newAccount()
  const versions = [
    ...['1.0', '2.9', '3.2-alpha', '3.2-beta.2', '3.2-beta.11', '3.2', '3.2+45', '3.2a', '3.2.0', '3.2.1-rc1', '3.2.1'],
    ...['3.10', '9.2', '10', '10.0.0.20261130', '2026.11.30'],
  ]
  for (const version of versions.toReversed()) {
    const { id } = await newDevice(platform, owner)
    await owner.call(updateDevice, { id, labels: { version } })
  }
  const found = async (text: string) =>
    (await owner.call(listDevices, { filter: text })).data.map(({ labels }) => labels?.version).toReversed()
  for (const [index, version] of versions.entries()) {
    expect(await found(`label.version<"${version}"`), version).toEqual(versions.slice(0, index))
    expect(await found(`label.version>="${version}"`), version).toEqual(versions.slice(index))
  }
})

test('what is wrong with a filter is said with its place', async () => {
  const refusal = async (text: string) => {
    const error = await account.call(listDevices, { filter: text }).catch((caught) => caught)
    expect(error, text).toMatchObject({ status: 400, errors: [{ path: '/filter' }] })
    return error.errors[0].message
  }
  expect(await refusal('battery.level<low')).toBe('is wrong at position 15: expected a number')
  expect(await refusal('name==x and colour==red')).toMatch(/^is wrong at position 13: expected one of id, name, /)
  expect(await refusal('label.Store==1')).toMatch(/^is wrong at position 1: expected one of .*label\.<key>/)
  const wrong = { target: { filter: { filter: 'name=x' } }, type: 'refresh' } as const
  const place = { status: 400, errors: [{ path: '/target/filter/filter' }] }
  await expect(account.call(notifyDevices, wrong)).rejects.toMatchObject(place)
  await expect(account.call(countDevices, { filter: '' })).rejects.toMatchObject({ status: 400 })
})

test('a count that would take too long is an estimate', async () => {
  const { accountId } = await platform.newAccount()
  await platform.database.query(sql`
    INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash, identity, apps)
    SELECT ${accountId}, gen_random_uuid(), '', gen_random_uuid()::text, 'D450', 'unassigned', '', '',
           ',"apps":[{"name":"com.acme.kiosk","version":"' || n || '"}]'
    FROM generate_series(1, 1200) AS n`)
  const where = filter({ filter: 'app.com.acme.kiosk>600' })
  expect(await countMatches(platform.database, 'device', { accountId, groups: undefined }, where)).toEqual({
    count: 600,
    exact: true,
  })
  const { count, exact } = await countMatches(platform.database, 'device', { accountId, groups: undefined }, where, 1)
  expect(exact).toBe(false)
  expect(count).toBeGreaterThan(300)
  expect(count).toBeLessThan(900)
})
