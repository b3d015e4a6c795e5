import { randomUUID } from 'node:crypto'
import { listDevices, updateDevice } from '@mason/contract/device'
import { createGroup, deleteGroup, listGroups } from '@mason/contract/group'
import type { Route } from '@mason/contract/route'
import { routes } from '@mason/contract/routes'
import fc from 'fast-check'
import type { TObject } from 'typebox'
import { MAX, validate } from 'uuid'
import { describe, expect, test } from 'vitest'
import { expectContractForm, expectErrorForm } from '../../../test/answer-form.ts'
import { exchange } from '../../../test/exchange.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { makers } from '../../../test/makers.ts'
import { parametersOf, pathOf } from '../../../test/paths.ts'

const seed = Number(process.env.FUZZ_SEED ?? 20_261_102)
const numRuns = Number(process.env.FUZZ_RUNS ?? 8)

const platform = usePlatform()

/** Events and audit entries come of themselves, and usage and artifacts have keys that they do not show; their own tests page them. */
const lists = routes
  .filter((route) => JSON.stringify(route.schema.response).includes('nextPage') && parametersOf(route).length === 0)
  .filter(
    ({ schema }) => !['listEvents', 'listAuditEntries', 'listSimUsage', 'listArtifacts'].includes(schema.operationId),
  )
  .map((route) => [route.schema.operationId, route] as const)
const kindOf = ({ url }: Route) => url.split('/').at(-1) ?? ''

interface Page {
  keys: string[]
  prevPage: string | undefined
  nextPage: string | undefined
  links: Record<string, string>
}

const get = (account: TestAccount, path: string) =>
  exchange(platform.url, { path, authorization: `basic ${account.key}` })

/** Reads a page, and checks that its members and its Link header agree about its neighbors. */
async function readPage(
  account: TestAccount,
  route: Route,
  query: Record<string, string | number> | string,
): Promise<Page> {
  const search = typeof query === 'string' ? query : new URLSearchParams(query as Record<string, string>).toString()
  const answer = await get(account, `${pathOf(route)}?${search}`)
  expect(answer.status, answer.text).toBe(200)
  expectContractForm(route, answer)
  const { data, prevPage, nextPage, prev, next } = JSON.parse(answer.text)
  expect({ prev, next }).toEqual({ prev: prevPage, next: nextPage })
  const links = linksOf(answer.headers.link)
  expect(keyIn(links.prev, 'before')).toBe(prevPage)
  expect(keyIn(links.next, 'after')).toBe(nextPage)
  const keys = data.map((item: { id: string; self?: string }) =>
    decodeURIComponent(item.self?.split('/').at(-1) ?? item.id),
  )
  return { keys, prevPage, nextPage, links }
}

/** The targets of a Link header by relation. Source: RFC 8288. */
const linksOf = (header: string | string[] | undefined): Record<string, string> =>
  Object.fromEntries(
    [...String(header ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g)].map(([, target, rel]) => [rel, target]),
  )

const keyIn = (link: string | undefined, name: string) =>
  link === undefined ? undefined : (new URL(link, platform.url).searchParams.get(name) ?? '')

const make = (account: TestAccount, route: Route) => {
  const maker = makers[kindOf(route)]
  if (!maker) throw new Error(`Add how to make a ${kindOf(route)} to test/makers.ts`)
  return maker(platform, account)
}

async function makeMany(account: TestAccount, route: Route, count: number): Promise<string[]> {
  const keys: string[] = []
  for (let made = 0; made < count; made++) keys.push(await make(account, route))
  return keys
}

/** What cannot be deleted only comes. */
const canGo = ({ url }: Route) =>
  routes.some(
    ({ method, url: one }) => method === 'DELETE' && /^\/:\w+$/.test(one.slice(url.length)) && one.startsWith(url),
  )

async function remove(account: TestAccount, route: Route, key: string): Promise<void> {
  if (!canGo(route)) return
  const answer = await exchange(platform.url, {
    method: 'DELETE',
    path: `${pathOf(route)}/${encodeURIComponent(key)}`,
    authorization: `basic ${account.key}`,
  })
  expect(answer.status).toBe(200)
}

async function allKeys(account: TestAccount, route: Route): Promise<string[]> {
  return (await readPage(account, route, { limit: 1000 })).keys
}

const isAscending = (keys: string[]) => keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') < key)

/** A page key behind every item: of names, where it is one that names the items, or where they have no id. */
function lastKey({ schema }: Route, keys: readonly string[]): string {
  const { data } = (schema.response[200] as { properties: { data: { items: TObject } } }).properties
  return 'id' in data.items.properties && keys.every((key) => validate(key)) ? MAX : '~'
}

interface Disturbance {
  doing: string | undefined
  /** The keys that may be removed; one that is leaves this list. */
  fleeting: string[]
  pageKey: string | undefined
}

/** What happens beside a walk, between two pages. */
async function disturb(account: TestAccount, route: Route, { doing, fleeting, pageKey }: Disturbance): Promise<void> {
  if (doing === 'add') await make(account, route)
  if (!doing?.startsWith('remove')) return
  const victim = doing === 'remove' ? fleeting[0] : pageKey
  if (victim === undefined || !fleeting.includes(victim)) return
  fleeting.splice(fleeting.indexOf(victim), 1)
  await remove(account, route, victim)
}

/** The keys of every page from one end to the other, with what happens between the pages. */
async function walk(
  account: TestAccount,
  route: Route,
  { direction, limit }: { direction: 'after' | 'before'; limit: number },
  between: (pageKey: string | undefined) => Promise<void>,
): Promise<string[]> {
  const walked: string[][] = []
  let key = direction === 'after' ? undefined : lastKey(route, await allKeys(account, route))
  do {
    const page = await readPage(account, route, { limit, ...(key !== undefined && { [direction]: key }) })
    expect(page.keys.length).toBeLessThanOrEqual(limit)
    walked.push(page.keys)
    key = direction === 'after' ? page.nextPage : page.prevPage
    await between(key)
  } while (key !== undefined)
  return (direction === 'after' ? walked : walked.reverse()).flat()
}

/** Every page from the first to the last; a page's link leads where its key does. */
async function pagesOf(account: TestAccount, route: Route, limit: number): Promise<Page[]> {
  const pages: Page[] = []
  let page = await readPage(account, route, { limit })
  for (;;) {
    pages.push(page)
    if (page.nextPage === undefined) return pages
    const byLink = await get(account, page.links.next ?? '')
    page = await readPage(account, route, { limit, after: page.nextPage })
    expect(JSON.parse(byLink.text).data).toHaveLength(page.keys.length)
  }
}

describe('every paged list', () => {
  test.each(lists)(
    '%s yields what existed throughout exactly once, in order, whatever comes and goes',
    async (_name, route) => {
      const step = fc.constantFrom('add', 'remove', 'remove the item that the page key names', 'nothing')
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('after' as const, 'before' as const),
          fc.integer({ min: 1, max: 4 }),
          fc.array(fc.boolean(), { maxLength: 9 }),
          fc.array(step, { maxLength: 10 }),
          async (direction, limit, isFleeting, steps) => {
            const account = await platform.newAccount()
            const made = await makeMany(account, route, isFleeting.length)
            const fleeting = made.filter((_, index) => isFleeting[index])
            const lasting = (await allKeys(account, route)).filter((key) => !fleeting.includes(key))

            const walked = await walk(account, route, { direction, limit }, (pageKey) =>
              disturb(account, route, { doing: steps.shift(), fleeting, pageKey }),
            )
            expect(isAscending(walked), walked.join()).toBe(true)
            expect(walked.filter((item) => lasting.includes(item))).toEqual(lasting)
          },
        ),
        { seed, numRuns },
      )
    },
  )

  test.each(lists)('%s leads back over the same pages, and its ends have no neighbor', async (_name, route) => {
    const account = await platform.newAccount()
    await makeMany(account, route, 6)
    const all = await allKeys(account, route)
    for (const limit of [1, 2, 3, all.length - 1, all.length, 1000]) {
      const pages = await pagesOf(account, route, limit)
      expect(pages.flatMap(({ keys }) => keys)).toEqual(all)
      expect(pages.map(({ prevPage }) => prevPage !== undefined)).toEqual(pages.map((_, index) => index > 0))
      for (const [index, { prevPage }] of pages.entries()) {
        if (prevPage === undefined) continue
        const back = await readPage(account, route, { limit, before: prevPage })
        expect(back).toMatchObject({ keys: pages[index - 1]?.keys, nextPage: pages[index - 1]?.nextPage })
      }
    }
  })

  test.each(lists)('%s leads back from an empty page at either end', async (_name, route) => {
    const account = await platform.newAccount()
    await makeMany(account, route, 1)
    const all = await allKeys(account, route)
    const beyond = await readPage(account, route, { after: all.at(-1) ?? '' })
    expect(beyond).toMatchObject({ keys: [], nextPage: undefined })
    expect((await readPage(account, route, { before: beyond.prevPage ?? '' })).keys).toEqual(all)
    const ahead = await readPage(account, route, { before: all[0] ?? '' })
    expect(ahead).toMatchObject({ keys: [], prevPage: undefined })
    expect((await readPage(account, route, { after: ahead.nextPage ?? '' })).keys).toEqual(all)
  })

  test.each(lists)('%s refuses page sizes that are none, and two page keys at once', async (_name, route) => {
    const { key } = await platform.newAccount()
    const ask = (query: string) =>
      exchange(platform.url, { path: `${pathOf(route)}?${query}`, authorization: `basic ${key}` })
    for (const limit of ['0', '-1', '1001', '1.5', 'x', '', '%20', '1e2', '0x10', '1e400']) {
      const answer = await ask(`limit=${limit}`)
      expect(answer.status, limit).toBe(400)
      expect(expectErrorForm(answer)).toMatchObject({
        type: 'invalid_request_error',
        message: 'limit must be an integer from 1 to 1000',
        errors: [{ path: '/limit' }],
      })
    }
    expect(expectErrorForm(await ask('limit=1&limit=2')).message).toBe('limit must be given only once')
    const both = await ask(`before=${randomUUID()}&after=${randomUUID()}`)
    expect(both.status).toBe(400)
    expect(expectErrorForm(both).message).toMatch(/before.*after/)
  })
})

describe('page keys', () => {
  test('stay valid when the item that they name has gone', async () => {
    const account = await platform.newAccount()
    for (const name of ['a', 'b', 'c', 'd']) await account.call(createGroup, { name })
    await account.call(deleteGroup, { name: 'b' })
    expect(await readPage(account, listGroups, { limit: 2, after: 'b' })).toMatchObject({
      keys: ['c', 'd'],
      prevPage: 'c',
      nextPage: 'd',
    })
    expect(await readPage(account, listGroups, { limit: 2, before: 'b' })).toMatchObject({
      keys: ['a'],
      prevPage: undefined,
      nextPage: 'a',
    })
  })

  test('of names from elsewhere work too', async () => {
    const account = await platform.newAccount()
    const names = ['A b', 'Läden & Co', 'a+b?c=d#e', 'ü/ö', '“x”']
    for (const name of names)
      await platform.database.pool.query('INSERT INTO device_group (account_id, name) VALUES ($1, $2)', [
        account.accountId,
        name,
      ])
    const walked: string[] = []
    let page = await readPage(account, listGroups, { limit: 1 })
    for (;;) {
      walked.push(...page.keys)
      if (page.links.next === undefined) break
      page = await readPage(account, listGroups, page.links.next.split('?')[1] ?? '')
    }
    expect(walked.toSorted()).toEqual([...names, 'unassigned'].sort())
    const beyond = await readPage(account, listGroups, { after: walked.at(-1) ?? '' })
    expect((await readPage(account, listGroups, { before: beyond.prevPage ?? '' })).keys).toEqual(walked)
  })
})

test('Link and page keys keep to the filters', async () => {
  const account = await platform.newAccount()
  const odd = 'a?b&c=d%25+e #f'
  await account.call(createGroup, { name: 'tills' })
  const devices: string[] = []
  for (let index = 0; index < 6; index++) {
    const { id } = await newDevice(platform, account)
    await account.call(updateDevice, { id, ...(index % 2 === 0 && { name: `${odd} ${index}` }), group: 'tills' })
    if (index % 2 === 0) devices.push(id)
  }
  const filters = new URLSearchParams({ n: odd, group: 'tills', online: 'true', limit: '1' })
  const first = await readPage(account, listDevices, filters.toString())
  const second = await readPage(account, listDevices, first.links.next?.split('?').slice(1).join('?') ?? '')
  const third = await readPage(account, listDevices, second.links.next?.split('?').slice(1).join('?') ?? '')
  expect([first, second, third].flatMap(({ keys }) => keys)).toEqual(devices)
  expect(third.nextPage).toBeUndefined()
  const back = new URL(third.links.prev ?? '', platform.url)
  expect(Object.fromEntries(back.searchParams)).toEqual({ ...Object.fromEntries(filters), before: devices[2] })
  expect((await readPage(account, listDevices, back.search.slice(1))).keys).toEqual(devices.slice(1, 2))
  // A client that writes the question mark of a filter as it is, as RFC 3986 allows.
  const plain = await readPage(account, listDevices, 'n=a?b&limit=1')
  expect(new URL(plain.links.next ?? '', platform.url).searchParams.get('limit')).toBe('1')
})
