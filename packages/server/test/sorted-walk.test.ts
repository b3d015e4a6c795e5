import { randomUUID } from 'node:crypto'
import { deleteDevice, listDevices, updateDevice } from '@mason/contract/device'
import { deviceSorts, simSorts } from '@mason/contract/filter/fields'
import { createGroup } from '@mason/contract/group'
import { listSims, registerSim, updateSim } from '@mason/contract/sim'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newDevice } from './factories.ts'
import { type TestAccount, usePlatform } from './harness.ts'
import { newIccid } from './unique.ts'

const seed = Number(process.env.FUZZ_SEED ?? 20_261_201)
const numRuns = Number(process.env.FUZZ_RUNS ?? 8)

const platform = usePlatform()

/** Something of a sorted list. */
interface Thing {
  id: string
  /** Moves it to another place of any order. */
  change: (value: number) => Promise<unknown>
  remove?: () => Promise<unknown>
}

/** A page of such a list. */
interface Page {
  ids: string[]
  previous: string | undefined
  next: string | undefined
}

interface Kind {
  sorts: readonly string[]
  make: (account: TestAccount, value: number) => Promise<Thing>
  read: (account: TestAccount, query: object) => Promise<Page>
}

async function makeDevice(account: TestAccount, value: number): Promise<Thing> {
  const device = await newDevice(platform, account, { family: 'D450', name: `Till ${value}` })
  const { id } = device
  const report = (level: number) => ({
    bootId: randomUUID(),
    battery: { level: String(level) },
    os: { masonOS: { release: `3.${level}` } },
  })
  // Some have no value in an order.
  if (value % 3 > 0) await device.checkIn(report(value))
  return {
    id,
    change: async (next) => {
      await account.call(updateDevice, { id, name: `Till ${next}`, group: next % 2 === 0 ? 'unassigned' : 'doors' })
      await device.checkIn(report(next))
    },
    remove: () => account.call(deleteDevice, { id }),
  }
}

async function makeSim(account: TestAccount, value: number): Promise<Thing> {
  const iccid = newIccid()
  await account.call(registerSim, { iccid, ...(value % 3 > 0 && { name: `Card ${value}` }) })
  return {
    id: iccid,
    change: (next) =>
      account.call(updateSim, { iccid, name: `Card ${next}`, ...(next % 2 === 0 && { state: 'active' }) }),
  }
}

const kinds: Readonly<Record<string, Kind>> = {
  devices: {
    sorts: deviceSorts,
    make: makeDevice,
    read: async (account, query) => {
      const { data, prevPage, nextPage } = await account.call(listDevices, query)
      return { ids: data.map(({ id }) => id), previous: prevPage, next: nextPage }
    },
  },
  SIMs: {
    sorts: simSorts,
    make: makeSim,
    read: async (account, query) => {
      const { data, prevPage, nextPage } = await account.call(listSims, query)
      return { ids: data.map(({ iccid }) => iccid), previous: prevPage, next: nextPage }
    },
  },
}

/** What happens beside a walk, between two pages, to one of those that do not stay as they are. */
const step = fc.record({ doing: fc.constantFrom('add', 'change', 'remove', 'nothing'), value: fc.nat(100) })
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function disturb(account: TestAccount, { make }: Kind, fleeting: Thing[], { doing, value }: Step): Promise<void> {
  if (doing === 'add') await make(account, value)
  const [thing] = fleeting
  if (doing === 'change') await thing?.change(value)
  if (doing !== 'remove' || !thing?.remove) return
  await thing.remove()
  fleeting.shift()
}

interface Way {
  sort: string
  limit: number
  isBack: boolean
}

/** The ids of every page from one end to the other, with what happens between the pages. */
async function walk(
  account: TestAccount,
  { read }: Kind,
  { sort, limit, isBack }: Way,
  between: () => Promise<void>,
): Promise<string[]> {
  const query = { sort, limit }
  let page = await read(account, query)
  // The page at the end has no key of its own to ask for it.
  while (isBack && page.next !== undefined) page = await read(account, { ...query, after: page.next })
  const walked = [page.ids]
  for (;;) {
    const key = isBack ? page.previous : page.next
    if (key === undefined) return (isBack ? walked.toReversed() : walked).flat()
    await between()
    page = await read(account, { ...query, [isBack ? 'before' : 'after']: key })
    walked.push(page.ids)
  }
}

test.each(Object.entries(kinds))(
  'under any sort, a walk yields each of the %s that stay as they are exactly once, in order, whatever happens to the others',
  async (_, kind) => {
    const given = fc.record({
      way: fc.record({
        sort: fc.constantFrom(...kind.sorts.flatMap((sort) => [sort, `-${sort}`])),
        isBack: fc.boolean(),
        limit: fc.integer({ min: 1, max: 3 }),
      }),
      things: fc.array(fc.record({ value: fc.nat(100), isFleeting: fc.boolean() }), { minLength: 2, maxLength: 8 }),
      steps: fc.array(step, { maxLength: 8 }),
    })
    await fc.assert(
      fc.asyncProperty(given, async ({ way, things, steps }) => {
        const account = await platform.newAccount()
        await account.call(createGroup, { name: 'doors' })
        const fleeting: Thing[] = []
        for (const { value, isFleeting } of things) {
          const thing = await kind.make(account, value)
          if (isFleeting) fleeting.push(thing)
        }
        const changing = new Set(fleeting.map(({ id }) => id))
        const { ids: all } = await kind.read(account, { sort: way.sort, limit: 1_000 })
        const lasting = all.filter((id) => !changing.has(id))
        const walked = await walk(account, kind, way, async () => {
          const next = steps.shift()
          if (next) await disturb(account, kind, fleeting, next)
        })
        expect(walked.filter((id) => lasting.includes(id))).toEqual(lasting)
      }),
      { seed, numRuns },
    )
  },
  240_000,
)
