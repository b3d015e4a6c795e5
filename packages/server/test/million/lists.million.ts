import { lookUpDevices } from '@mason/contract/lookup'
import type { Route } from '@mason/contract/route'
import { routes } from '@mason/contract/routes'
import { search } from '@mason/contract/search'
import { describe, expect, test } from 'vitest'
import { few } from '../../src/core/rows-within.ts'
import { exchange } from '../exchange.ts'
import type { TestAccount } from '../harness.ts'
import { parametersOf, pathOf } from '../paths.ts'
import { restrictedTo } from '../restricted.ts'
import type { Schema } from '../schema-values.ts'
import { choicesOf } from './filters.ts'
import { useFleet } from './fleet.ts'
import { faultsOf, type Limits } from './laws.ts'
import { record } from './recorder.ts'
import { statistics } from './statistics.ts'

// Law 2 of the design: no list reads more rows than a constant times the rows that it returns, whatever it is asked for and
// whatever PostgreSQL knows of the tables.

const fleet = useFleet(false)

/** Every list of the account that an API key may read. */
const lists = routes.filter(
  (route) =>
    JSON.stringify(route.schema.response).includes('nextPage') &&
    parametersOf(route).length === 0 &&
    route.config.scope !== 'session',
)
const pageKeys = new Set(['limit', 'before', 'after'])
const filtersOf = ({ schema }: Route) =>
  Object.keys(((schema.querystring ?? {}) as Schema).properties ?? {}).filter((name) => !pageKeys.has(name))

/**
 * What a list of the restricted is asked for. Events about groups themselves are looked through by their type, for people do not
 * change groups as often as devices come and go; here a quarter of all events are such.
 */
function askedWithin({ schema: { operationId, querystring = {} } }: Route): Record<string, string> {
  if (operationId === 'listEvents') return { type: 'device.' }
  return (querystring as Schema).required?.includes('date') ? { date: new Date().toISOString() } : {}
}

/** The list as it is, and by each filter. */
const queriesOf = (route: Route): Record<string, string>[] => [
  {},
  ...filtersOf(route).flatMap((name) => valuesOf(route, name).map((value) => ({ [name]: value }))),
]

function valuesOf({ schema: { operationId } }: Route, name: string): readonly string[] {
  if (name === 'device') return [fleet.device]
  const values = choicesOf(operationId, name, fleet.latest)
  if (!values) throw new Error(`Add what ${operationId} may be asked for by ${name} to test/million/filters.ts`)
  return values
}

async function readPage(
  by: Pick<TestAccount, 'key'>,
  route: Route,
  query: Record<string, string>,
): Promise<{ prevPage?: string; nextPage?: string }> {
  const url = new URL(pathOf(route), fleet.platform.url)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  const path = `${url.pathname}${url.search}`
  const answer = await exchange(fleet.platform.url, { path, authorization: `basic ${by.key}` })
  expect(answer.status, `${path}: ${answer.text.slice(0, 300)}`).toBe(200)
  return JSON.parse(answer.text)
}

/** The first page, the one after it, and back. */
async function walk(by: Pick<TestAccount, 'key'>, route: Route, query: Record<string, string>): Promise<void> {
  const { nextPage } = await readPage(by, route, query)
  if (nextPage === undefined) return
  const { prevPage } = await readPage(by, route, { ...query, after: nextPage })
  if (prevPage !== undefined) await readPage(by, route, { ...query, before: prevPage })
}

async function faultsOfLists(
  by: Pick<TestAccount, 'key'>,
  of: readonly Route[],
  asked = queriesOf,
  limits: Limits = {},
): Promise<string[]> {
  const faults: string[] = []
  for (const route of of)
    for (const query of asked(route)) {
      const recording = await record(() => walk(by, route, query))
      // The look at the key is another one.
      expect(recording.statements, `plans of ${route.schema.operationId} ${JSON.stringify(query)}`).toBeGreaterThan(0)
      const found = faultsOf(recording, limits)
      if (found.length > 0) faults.push(`${route.schema.operationId} ${JSON.stringify(query)}\n${found.join('\n')}`)
    }
  return faults
}

describe.each(Object.entries(statistics))('with %s statistics', (_, prepare) => {
  test('a list is read by plans that are bounded by its answer', async () => {
    await prepare(fleet.platform.database.pool)
    expect((await faultsOfLists(fleet.account, lists)).join('\n\n')).toBe('')
  }, 1_200_000)

  test('a list of groups, small and large, is read by plans that are bounded by its answer', async () => {
    await prepare(fleet.platform.database.pool)
    const ofGroups = lists.filter(({ config }) => config.reach === 'groups')
    for (const groups of [['pilot'], ['d450-3'], ['pilot', 'd450-3', 'unassigned']]) {
      const by = await restrictedTo(fleet.platform, fleet.account, groups)
      const faults = await faultsOfLists(by, ofGroups, (route) => [askedWithin(route)], { read: 2 * few })
      expect(faults.join('\n\n'), groups.join()).toBe('')
    }
  }, 1_200_000)

  test('a look-up reads a few rows for each identifier', async () => {
    const numbers = Array.from({ length: 200 }, (_, index) => String(7 + index * 5).padStart(7, '0'))
    const identifiers = numbers.flatMap((number) => [
      `msn-k7-0${number}`,
      `Till ${number}`,
      `35693803${number}`,
      `898830300000${number}`,
      `nothing ${number}`,
    ])
    const recording = await record(() => fleet.account.call(lookUpDevices, { identifiers }))
    expect(recording.statements).toBeGreaterThan(0)
    expect(faultsOf(recording).join('\n')).toBe('')
  }, 600_000)

  test.each(['MSN-K7-00000012', '00000012', 'till 00007', 'till', 't', '777', 'nothing'])(
    'a search for %s is read by plans that are bounded by its answer',
    async (q) => {
      const recording = await record(() => fleet.account.call(search, { q }))
      expect(recording.statements).toBeGreaterThan(0)
      expect(faultsOf(recording).join('\n')).toBe('')
    },
    600_000,
  )
})
