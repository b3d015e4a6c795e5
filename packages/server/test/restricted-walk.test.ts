import { createGroup } from '@mason/contract/group'
import type { Reach, Route } from '@mason/contract/route'
import { routes } from '@mason/contract/routes'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectErrorForm } from './answer-form.ts'
import { makeBody } from './bodies.ts'
import { exchange, type RawRequest } from './exchange.ts'
import { newDevice } from './factories.ts'
import { type TestAccount, usePlatform } from './harness.ts'
import { makeNamed, makers } from './makers.ts'
import { parametersOf, pathOf } from './paths.ts'
import { restrictedTo } from './restricted.ts'
import { newIccid } from './unique.ts'

// Somebody who is restricted to groups walks every route. Whatever the makers make hangs on the group `unassigned`, which is none
// of its own, or on no group.

const platform = usePlatform()
let owner: TestAccount
let empty: TestAccount
let restricted: TestAccount
/** The same in an account that has nothing else. */
let alone: TestAccount

beforeAll(async () => {
  owner = await platform.newAccount({ isOperator: true })
  empty = await platform.newAccount({ isOperator: true })
  for (const { call } of [owner, empty]) await call(createGroup, { name: 'own' })
  // A deployment to nobody would be finished at once.
  await newDevice(platform, owner)
  restricted = await restrictedTo(platform, owner, ['own'])
  alone = await restrictedTo(platform, empty, ['own'])
})

const named = routes.map((route) => [route.schema.operationId, route] as const)
const marked = (reach: Reach) => named.filter(([, { config }]) => config.reach === reach)
const ofGroups = marked('groups').filter(([name]) => name !== 'streamEvents')
const bySelf = new Set(['session', 'signing-in', 'device', 'public'])

const send = (by: TestAccount, request: RawRequest) =>
  exchange(platform.url, { ...request, authorization: `basic ${by.key}` })

const request = (route: Route, values: Readonly<Record<string, string>> = {}) => ({
  method: route.method,
  path: pathOf(route, values),
})

test.each(named)('%s says what it is to the restricted', (_name, { config }) => {
  const needed =
    typeof config.scope === 'string' && bySelf.has(config.scope) ? [undefined] : ['account', 'groups', 'open']
  expect(needed).toContain(config.reach)
})

test.each(marked('account'))('%s is of the account: a 403', async (_name, route) => {
  const values = await makeNamed(platform, owner, route)
  const body = await makeBody(platform, owner, route)
  const answer = await send(restricted, { ...request(route, values), ...(body !== undefined && { body }) })
  expect(answer.status, answer.text).toBe(403)
  expect(expectErrorForm(answer).message).toMatch(
    route.config.scope === 'account:owner' ? /lacks the scope account:owner/ : /whole account, and you are restricted/,
  )
})

test.each(marked('open'))('%s is open', async (_name, route) => {
  const values = await makeNamed(platform, owner, route)
  expect((await send(restricted, request(route, values))).status).toBe(200)
})

describe('what hangs on other groups', () => {
  test.each(ofGroups.filter(([, route]) => parametersOf(route).length > 0))(
    '%s answers as if it were not there, and leaves it be',
    async (_name, route) => {
      const values = await makeNamed(platform, owner, route)
      const body = await makeBody(platform, owner, route)
      const sent = { ...request(route, values), ...(body !== undefined && { body }) }
      const other = await send(restricted, sent)
      expect(other.status, other.text).toBe(404)
      const { message } = expectErrorForm(other)
      const nowhere = Object.fromEntries(Object.keys(values).map((name) => [name, crypto.randomUUID()]))
      const none = await send(restricted, { ...sent, path: pathOf(route, nowhere) })
      expect([none.status, expectErrorForm(none).message]).toEqual([404, message])
      expect((await send(owner, sent)).status).toBe(200)
    },
  )

  /** What a list may be asked for so that something is found. */
  const queries: Readonly<Record<string, readonly string[]>> = {
    listDevices: [
      'n=SN-',
      'n=s',
      'filter=family==*',
      'sort=name',
      'sort=-lastcheckin',
      'online=true',
      'group=unassigned',
    ],
    countDevices: ['n=SN-', 'filter=family==*', 'group=unassigned'],
    listSims: ['n=8988', 'filter=state==ready', 'sort=-createdAt', 'marker=customer:acme', 'state=ready'],
    countSims: ['filter=state==ready'],
    listSimUsage: ['marker=customer'],
    listEvents: ['type=device.', 'type=device.enrolled', 'type=sim.', 'single=true', 'subject=unassigned', 'job=x'],
    listNotifications: ['state=queued', 'type=refresh', 'single=true'],
    listDeployments: ['group=unassigned'],
    listExports: ['kind=device'],
    listJobs: ['kind=device.bulk', 'state=queued'],
    search: ['q=SN-', 'q=8988', 'q=unassigned'],
  }

  /** A path that asks for this as well, or for this in place of what it asked for. */
  function withQuery(path: string, query: string): string {
    const url = new URL(path, platform.url)
    for (const [name, value] of new URLSearchParams(query)) url.searchParams.set(name, value)
    return `${url.pathname}${url.search}`
  }

  test('changes no answer: it is the one of an account that has nothing else', async () => {
    await Promise.all(Object.values(makers).map((make) => make(platform, owner)))
    const device = await newDevice(platform, owner, { serialnumber: `SN-${newIccid()}` })
    await device.checkIn({ bootId: 'boot-1', connection: { sim: [{ iccid: newIccid() }] } })
    const reads = ofGroups.filter(([, route]) => route.method === 'GET' && parametersOf(route).length === 0)
    expect(reads.length).toBeGreaterThan(8)
    for (const [name, route] of reads) {
      const { path } = request(route)
      const asked = ['', ...(queries[name] ?? [])].map((query) => withQuery(path, query))
      for (const one of asked) {
        const [here, there] = [await send(restricted, { path: one }), await send(alone, { path: one })]
        expect(plain(here.text), one).toEqual(plain(there.text))
        expect(here.status, one).toBe(there.status)
      }
    }
  })

  test.each(ofGroups.filter(([, route]) => route.method !== 'GET' && parametersOf(route).length === 0))(
    '%s is answered as in an account that has nothing else',
    async (_name, route) => {
      const ask = async (by: TestAccount, account: TestAccount) => {
        const body = await makeBody(platform, account, route)
        return send(by, { ...request(route), ...(body !== undefined && { body }) })
      }
      const [here, there] = [await ask(restricted, owner), await ask(alone, empty)]
      expect(plain(here.text)).toEqual(plain(there.text))
      expect(here.status).toBe(there.status)
    },
  )

  /** Times and request ids differ in any case, and so do those of the events of one's own group. */
  const plain = (text: string) =>
    text
      .replaceAll(/"\d{4}-\d\d-\d\dT[^"]+"/g, '"time"')
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid')
      .replaceAll(/"id":"[0-9a-f]{28}"/g, '"id":"event"')
      .replaceAll(/"requestId":"[^"]+"/g, '"requestId":""')
})
