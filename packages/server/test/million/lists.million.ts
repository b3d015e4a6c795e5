import type { Route } from '@mason/contract/route'
import { routes } from '@mason/contract/routes'
import { describe, expect, test } from 'vitest'
import { exchange } from '../exchange.ts'
import { parametersOf, pathOf } from '../paths.ts'
import type { Schema } from '../schema-values.ts'
import { choicesOf } from './filters.ts'
import { useFleet } from './fleet.ts'
import { faultsOf } from './laws.ts'
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
  route: Route,
  query: Record<string, string>,
): Promise<{ prevPage?: string; nextPage?: string }> {
  const url = new URL(pathOf(route), fleet.platform.url)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  const path = `${url.pathname}${url.search}`
  const answer = await exchange(fleet.platform.url, { path, authorization: `basic ${fleet.account.key}` })
  expect(answer.status, `${path}: ${answer.text.slice(0, 300)}`).toBe(200)
  return JSON.parse(answer.text)
}

/** The first page, the one after it, and back. */
async function walk(route: Route, query: Record<string, string>): Promise<void> {
  const { nextPage } = await readPage(route, query)
  if (nextPage === undefined) return
  const { prevPage } = await readPage(route, { ...query, after: nextPage })
  if (prevPage !== undefined) await readPage(route, { ...query, before: prevPage })
}

describe.each(Object.entries(statistics))('with %s statistics', (_, prepare) => {
  test('a list is read by plans that are bounded by its answer', async () => {
    await prepare(fleet.platform.database.pool)
    const faults: string[] = []
    for (const route of lists)
      for (const query of queriesOf(route)) {
        const recording = await record(() => walk(route, query))
        // The look at the key is another one.
        expect(recording.statements, `plans of ${route.schema.operationId} ${JSON.stringify(query)}`).toBeGreaterThan(0)
        const found = faultsOf(recording)
        if (found.length > 0) faults.push(`${route.schema.operationId} ${JSON.stringify(query)}\n${found.join('\n')}`)
      }
    expect(faults.join('\n\n')).toBe('')
  }, 1_200_000)
})
