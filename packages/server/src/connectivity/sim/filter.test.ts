import { createExport, getExport } from '@mason/contract/export'
import { simSorts } from '@mason/contract/filter/fields'
import { bulkSims } from '@mason/contract/job'
import { listSims, putMarker, registerSim, type Sim, updateSim } from '@mason/contract/sim'
import { countSims } from '@mason/contract/sim-count'
import { createView } from '@mason/contract/view'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { ended, jobOf } from '../../../test/jobs.ts'
import { compare, filtersOf, type NaiveFields, passes, written } from '../../../test/naive-filter.ts'
import { newIccid } from '../../../test/unique.ts'

const platform = usePlatform()

const fields: NaiveFields<Sim> = {
  iccid: { kind: 'text', of: ({ iccid }) => [iccid] },
  name: { kind: 'text', of: ({ name }) => [name], others: ['Nothing'] },
  imsi: { kind: 'text', of: ({ imsi }) => [imsi] },
  state: { kind: 'text', of: ({ state }) => [state], others: ['suspended', 'Deactivated'] },
  carrier: { kind: 'text', of: ({ carrier }) => [carrier], others: ['simulated'] },
  'marker.customer': {
    kind: 'label',
    of: ({ markers }) => markers.map(({ key, value }) => (key === 'customer' ? value : undefined)),
  },
  device: { kind: 'text', of: ({ device }) => [device?.id] },
  limit: { kind: 'number', of: ({ dataLimit }) => [dataLimit?.bytes], others: ['1', '99.5'] },
  'usage.month': { kind: 'number', of: ({ usage }) => [usage.total], others: ['0', '100'] },
  createdAt: { kind: 'time', of: ({ createdAt }) => [createdAt] },
  activatedAt: { kind: 'time', of: ({ activatedAt }) => [activatedAt], others: ['2020-01-01T00:00:00Z'] },
}

let account: TestAccount
let sims: Sim[]
beforeAll(async () => {
  account = await platform.newAccount()
  const device = await newDevice(platform, account)
  const now = new Date().toISOString()
  for (let index = 0; index < 20; index++) {
    const iccid = newIccid()
    await account.call(registerSim, {
      iccid,
      ...(index % 3 > 0 && { name: `Box ${index % 4}` }),
      ...(index % 2 === 0 && { imsi: `90128000000${1000 + index}` }),
    })
    if (index % 4 > 0)
      await account.call(putMarker, { iccid, key: 'customer', value: ['Taxi 9', 'TAXI 10', 'Ätna'][index % 3] ?? '' })
    if (index % 5 === 0)
      await account.call(updateSim, { iccid, dataLimit: { bytes: 10 ** (index / 5), action: 'alert' } })
    if (index % 4 === 1) await account.call(updateSim, { iccid, state: 'active' })
    if (index === 7) await device.checkIn({ connection: { sim: [{ iccid }] } })
    if (index % 2 === 1)
      await platform.fetch('/v1/default/usage', {
        method: 'POST',
        key: account.key,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          records: [{ id: `cdr-${index}`, iccid, start: now, end: now, upload: index, download: 1 }],
        }),
      })
  }
  await eventually(async () => {
    sims = (await account.call(listSims, { limit: 1_000 })).data
    expect(sims.filter(({ state }) => state === 'active')).toHaveLength(5)
  })
  await (await platform.newAccount()).call(registerSim, { iccid: newIccid(), name: 'Box 1' })
}, 60_000)

async function walk(text: string): Promise<string[]> {
  const iccids: string[] = []
  let page = await account.call(listSims, { filter: text, limit: 4 })
  for (; ; page = await account.call(listSims, { filter: text, limit: 4, after: page.nextPage })) {
    iccids.push(...page.data.map(({ iccid }) => iccid))
    if (page.nextPage === undefined) return iccids
  }
}

test('a filter of SIMs lists and counts those that it is true of', async () => {
  await fc.assert(
    fc.asyncProperty(filtersOf(fields, sims), async (naive) => {
      const text = written(naive)
      const expected = sims.filter((sim) => passes(fields, naive, sim)).map(({ iccid }) => iccid)
      expect(await walk(text), text).toEqual(expected)
      expect((await account.call(countSims, { filter: text })).data, text).toEqual([
        { count: expected.length, exact: true },
      ])
    }),
    { numRuns: Number(process.env.FILTER_RUNS ?? 100) },
  )
}, 300_000)

test('a filter of SIMs changes in bulk, as a view, those that it is true of', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(filtersOf(fields, sims), async (naive) => {
      const text = written(naive)
      const expected = sims.filter((sim) => passes(fields, naive, sim)).map(({ iccid }) => iccid)
      const name = `run ${++run}`
      const [view] = (await account.call(createView, { name, kind: 'sim', filter: text })).data
      const body = { target: { view: view?.id ?? '' }, change: { markers: { run: name } }, expect: expected.length }
      const job = jobOf(await account.call(bulkSims, body))
      expect(await ended(account, job), text).toMatchObject({ total: expected.length, done: expected.length })
      expect(await walk(`marker.run=="${name}"`), text).toEqual(expected)
    }),
    { numRuns: Number(process.env.FILTER_RUNS ?? 100) / 10 },
  )
}, 300_000)

test('a filter of SIMs goes together with the single filters, a search and an export', async () => {
  const found = async (query: object) => (await account.call(listSims, query)).data.map(({ iccid }) => iccid)
  const text = 'marker.customer==taxi*'
  const taxis = sims.filter(({ markers }) => markers.some(({ value }) => /^taxi/i.test(value)))
  const iccidsOf = (some: Sim[]) => some.map(({ iccid }) => iccid)
  expect(await found({ filter: text })).toEqual(iccidsOf(taxis))
  expect(await found({ filter: text, state: 'active' })).toEqual(
    iccidsOf(taxis.filter(({ state }) => state === 'active')),
  )
  expect(await found({ filter: text, marker: 'customer:TAXI 10' })).toEqual(
    iccidsOf(taxis.filter(({ markers }) => markers[0]?.value === 'TAXI 10')),
  )
  expect(await found({ filter: text, n: 'box 1' })).toEqual(iccidsOf(taxis.filter(({ name }) => name === 'Box 1')))
  const { data } = await account.call(createExport, { kind: 'sim', format: 'csv', filter: text })
  const id = data[0]?.id ?? ''
  await eventually(async () => expect((await account.call(getExport, { id })).data[0]?.state).toBe('succeeded'))
  expect((await account.call(getExport, { id })).data[0]).toMatchObject({ rows: taxis.length })
})

test.each([...simSorts, ...simSorts.map((sort) => `-${sort}` as const)])(
  'SIMs sorted by %s are each on one page',
  async (sort) => {
    const isDescending = sort.startsWith('-')
    const { kind, of } = fields[sort.replace(/^-/, '')] ?? { kind: 'text', of: () => [] }
    const turn = isDescending ? -1 : 1
    const expected = sims.toSorted((left, right) => {
      const [[one], [other]] = [of(left), of(right)]
      if ((one === undefined) !== (other === undefined)) return one === undefined ? 1 : -1
      const byValue = one === undefined ? 0 : compare(kind, String(one), String(other))
      return turn * (byValue || compare('text', left.iccid, right.iccid))
    })
    const seen: string[] = []
    let page = await account.call(listSims, { sort, limit: 3 })
    for (; ; page = await account.call(listSims, { sort, limit: 3, after: page.nextPage })) {
      seen.push(...page.data.map(({ iccid }) => iccid))
      if (page.nextPage === undefined) break
    }
    expect(seen).toEqual(expected.map(({ iccid }) => iccid))
  },
)
