import { createApiKey } from '@mason/contract/apikey'
import type { Route } from '@mason/contract/route'
import { routes } from '@mason/contract/routes'
import { grants, type Scope, scopes } from '@mason/contract/scopes'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { generateKey } from '../src/core/key.ts'
import { expectContractForm, expectErrorForm, expectEventForm } from './answer-form.ts'
import { makeBody, makeFullBody } from './bodies.ts'
import { expectEntry } from './entries.ts'
import { exchange, type RawRequest } from './exchange.ts'
import { newDevice } from './factories.ts'
import { bytesOf, requestsTo } from './garbage.ts'
import { type TestAccount, usePlatform } from './harness.ts'
import { makeNamed, makers } from './makers.ts'
import { hugeBodies, type OddRequest, oddRequests } from './odd-places.ts'
import { parametersOf, pathOf } from './paths.ts'
import { makeSession } from './route-sessions.ts'

/** `FUZZ_RUNS=5000 FUZZ_SEED=1 npx vitest run route-walk` searches further. */
const runs = Number(process.env.FUZZ_RUNS ?? 40)
const seed = Number(process.env.FUZZ_SEED ?? 20_261_102)

const platform = usePlatform()
let owner: TestAccount
let outsider: TestAccount
beforeAll(async () => {
  owner = await platform.newAccount({ isOperator: true })
  outsider = await platform.newAccount()
})

const named = routes.map((route) => [route.schema.operationId, route] as const)
/** The scopes of which one lets a key in. */
const scopesOf = ({ config: { scope } }: Route): readonly Scope[] =>
  typeof scope === 'string' ? scopes.filter((word) => word === scope) : scope
const scoped = named.flatMap(([name, route]) =>
  scopesOf(route).length > 0 ? [[name, route, scopesOf(route)] as const] : [],
)
/** A stream's answer does not end; its own tests read it. */
const finite = named.filter(([name]) => name !== 'streamEvents')
const closed = named.filter(([, route]) => route.config.scope !== 'public')

/** A credential is an Authorization header, or the cookie of a session. */
const send = ({ authorization, ...request }: RawRequest) =>
  exchange(
    platform.url,
    authorization?.startsWith('mason_session=')
      ? { ...request, headers: { ...request.headers, cookie: authorization } }
      : { ...request, authorization },
  )

/** Wrong codes and passwords are counted, and a session can end itself. */
function unlikelyFor(route: Route): number[] {
  if (route.config.scope === 'public') return [429]
  return isForSessions(route) ? [403] : [401, 403, 429]
}
const isForSessions = ({ config: { scope } }: Route) => scope === 'session' || scope === 'signing-in'

async function keyWith(held: readonly Scope[], account = owner): Promise<string> {
  const { data } = await account.call(createApiKey, { name: 'walk', scopes: [...held] })
  return `basic ${data[0]?.key}`
}

const deviceCredential = async () => {
  const { id, secret } = await newDevice(platform, owner)
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}

/** No more than what the route asks for. */
async function leastCredential(route: Route): Promise<string | undefined> {
  const { scope } = route.config
  if (scope === 'public') return undefined
  if (scope === 'device') return deviceCredential()
  if (isForSessions(route)) return (await makeSession(platform, route)).cookie
  return keyWith(scope === 'any' ? ['notify:check'] : scopesOf(route))
}

/** The least credential and a body with which the route succeeds by it; some sessions are good for one body. */
async function makeReady(route: Route, writeBody: typeof makeBody | typeof makeFullBody) {
  if (!isForSessions(route))
    return { authorization: await leastCredential(route), body: await writeBody(platform, owner, route) }
  const { cookie, body } = await makeSession(platform, route)
  return { authorization: cookie, body: body && (writeBody === makeBody ? JSON.stringify(body) : body) }
}

const request = (route: Route, values: Readonly<Record<string, string>> = {}) => ({
  method: route.method,
  path: pathOf(route, values),
})

describe('every route', () => {
  test.each(finite)('%s answers 200 in the form of its schema to the least credential', async (name, route) => {
    const values = await makeNamed(platform, owner, route)
    const { authorization, body } = await makeReady(route, makeBody)
    const answer = await send({ ...request(route, values), authorization, ...(typeof body === 'string' && { body }) })
    expect(answer.status, `${name} needs a body in test/bodies.ts that succeeds: ${answer.text}`).toBe(200)
    expectContractForm(route, answer)
    await expectEntry(platform, route, answer)
  })

  test.each(closed)('%s is a 401 without a credential, and with one that is unknown', async (_name, route) => {
    const nameless = Object.fromEntries(parametersOf(route).map(({ name }) => [name, 'x']))
    const without = await send(request(route, nameless))
    expect(without.status).toBe(401)
    expect(expectErrorForm(without)).toMatchObject({
      type: 'authentication_error',
      message: expect.stringMatching(/^Required (authorization token|device credential) not found$/),
      requestId: expect.any(String),
    })
    const pair = Buffer.from(`${crypto.randomUUID()}:secret`).toString('base64')
    for (const unknown of [`basic ${generateKey()}`, `Basic ${pair}`]) {
      const answer = await send({ ...request(route, nameless), authorization: unknown })
      expect(answer.status).toBe(401)
      expect(expectErrorForm(answer).type).toBe('authentication_error')
    }
  })

  test.each(closed)('%s does not take the other kind of credential', async (_name, route) => {
    const other = route.config.scope === 'device' ? `basic ${owner.key}` : await deviceCredential()
    const nameless = Object.fromEntries(parametersOf(route).map(({ name }) => [name, 'x']))
    // A device does reach what it may; that it is none of its own is a 404.
    const status = route.config.orDevice ? 404 : 401
    expect((await send({ ...request(route, nameless), authorization: other })).status).toBe(status)
  })

  test.each(scoped)('%s is a 403 that names the scope to a key with all the others', async (_name, route, wanted) => {
    const others = scopes.filter((held) => !wanted.some((scope) => grants([held], scope)))
    const answer = await send({
      ...request(route, await makeNamed(platform, owner, route)),
      authorization: await keyWith(others),
    })
    expect(answer.status).toBe(403)
    expect(expectErrorForm(answer)).toMatchObject({
      type: 'permission_error',
      message: expect.stringContaining(wanted.join(' or ')),
    })
    await expectEntry(platform, route, answer)
  })

  test.each(scoped.filter(([, route]) => route.url.includes(':fleet')))(
    '%s is a 404 in a fleet other than default',
    async (_name, route) => {
      const values = { ...(await makeNamed(platform, owner, route)), fleet: 'other' }
      const body = await makeBody(platform, owner, route)
      const answer = await send({
        ...request(route, values),
        authorization: `basic ${owner.key}`,
        ...(body !== undefined && { body }),
      })
      expect(answer.status).toBe(404)
      expect(expectErrorForm(answer).message).toBe('There is no such fleet')
    },
  )
})

describe("another account's resources", () => {
  test.each(scoped.filter(([, route]) => parametersOf(route).length > 0))(
    '%s answers as if there were none, and leaves them be',
    async (_name, route) => {
      const values = await makeNamed(platform, owner, route)
      const body = await makeBody(platform, owner, route)
      const sent = { ...request(route, values), ...(body !== undefined && { body }) }
      const foreign = await send({ ...sent, authorization: `basic ${outsider.key}` })
      expect(foreign.status).toBe(404)
      const { message } = expectErrorForm(foreign)
      const none = await send({
        ...sent,
        path: pathOf(route, Object.fromEntries(Object.keys(values).map((name) => [name, crypto.randomUUID()]))),
        authorization: `basic ${outsider.key}`,
      })
      expect([none.status, expectErrorForm(none).message]).toEqual([404, message])
      expect((await send({ ...sent, authorization: `basic ${owner.key}` })).status).toBe(200)
    },
  )

  test('are in no list', async () => {
    const account = await platform.newAccount()
    const keys = await Promise.all(Object.values(makers).map((make) => make(platform, account)))
    const isOwn = (text: string) => [account.accountId, ...keys].some((key) => text.includes(key))
    const lists = scoped.filter(([, route]) => route.method === 'GET' && parametersOf(route).length === 0)
    for (const [name, route] of lists) {
      const read = (by: TestAccount) => send({ ...request(route), authorization: `basic ${by.key}` })
      const [own, foreign] = [await read(account), await read(outsider)]
      expectContractForm(route, own)
      if (JSON.stringify(route.schema.response).includes('nextPage')) expect(isOwn(own.text), name).toBe(true)
      expect(isOwn(foreign.text), `${name} shows them: ${foreign.text}`).toBe(false)
    }
  })
})

describe('a path', () => {
  const urls = [...new Set(routes.map(({ url }) => url))]

  test.each(urls)('%s refuses the methods that it does not know', async (url) => {
    const methods = routes
      .filter((route) => route.url === url)
      .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : method))
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      if (methods.includes(method)) continue
      const answer = await send({ method, path: url.replace(':fleet', 'default').replace(/:\w+/g, 'x') })
      expect(answer.status, method).toBe(405)
      expect(answer.headers.allow?.split(', ').sort()).toEqual(methods.sort())
      expectErrorForm(answer)
    }
  })

  test.each(['/v1', '/v1/default', '/v1/default/nothing', '//v1/default/group', '/%00', '/%ff', '/%zz'])(
    '%s that there is not is an error in the documented form',
    async (path) => {
      for (const authorization of [undefined, `basic ${owner.key}`]) {
        const answer = await send({ path, authorization })
        expect([400, 404]).toContain(answer.status)
        expectErrorForm(answer)
      }
    },
  )
})

describe('garbage', () => {
  /** A device may report only so often, and some bodies ask for more than the route itself does, as to rename one. */
  function enoughCredentials(route: Route): () => Promise<string | undefined> {
    const credentials: Promise<string | undefined>[] = []
    let count = 0
    return () => {
      const index = Math.floor(count++ / (route.config.scope === 'device' ? 50 : Number.POSITIVE_INFINITY))
      credentials[index] ??= scopesOf(route).length > 0 ? Promise.resolve(`basic ${owner.key}`) : leastCredential(route)
      return credentials[index]
    }
  }

  test.each(named)('%s withstands odd things in every single place', async (name, route) => {
    const values = await makeNamed(platform, owner, route)
    const ready = await makeReady(route, makeFullBody)
    const { body } = ready
    const authorization = enoughCredentials(route)
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    const first = isForSessions(route) ? ready.authorization : await authorization()
    const fine = await send({ ...request(route, values), authorization: first, ...json })
    expect(fine.status, `${name} needs examples in its schema, or a body in test/bodies.ts: ${fine.text}`).toBe(200)
    const tryOut = async ({ label, mustRefuse, path, body: odd }: OddRequest) => {
      const bytes = bytesOf(odd)
      const sent = { method: route.method, path, authorization: await authorization(), ...(bytes && { body: bytes }) }
      const answer = await send(sent)
      if (mustRefuse && route.config.isLenient && answer.status === 200)
        expect(JSON.parse(answer.text).ignored, label).not.toHaveLength(0)
      else if (mustRefuse) expect(answer.status, label).toBe(400)
      expect(answer.status, label).toBeLessThan(500)
      expectContractForm(route, answer)
    }
    const requests = [...oddRequests(route, values, body)]
    while (requests.length > 0) await Promise.all(requests.splice(0, 16).map(tryOut))
  })

  test.each(named)(
    '%s withstands what is thrown at it',
    async (_name, route) => {
      const values = await makeNamed(platform, owner, route)
      const authorization = enoughCredentials(route)
      const unlikely = unlikelyFor(route)
      await fc.assert(
        fc.asyncProperty(requestsTo(route, values), async ({ path, headers, body }) => {
          const bytes = bytesOf(body)
          const answer = await send({
            method: route.method,
            path,
            headers,
            authorization: await authorization(),
            ...(bytes && { body: bytes }),
          })
          expect(answer.status).toBeLessThan(500)
          expect(unlikely).not.toContain(answer.status)
          expectContractForm(route, answer)
        }),
        // Where there is nothing to fill in there is little to try.
        { seed, numRuns: /:|POST/.test(route.method + route.url) ? runs : Math.ceil(runs / 10) },
      )
    },
    Math.max(30_000, runs * 200),
  )

  test.each(named.filter(([, route]) => route.schema.body))(
    '%s withstands bodies that are huge',
    async (_name, route) => {
      const values = await makeNamed(platform, owner, route)
      const authorization = await leastCredential(route)
      for (const [label, body] of hugeBodies(route)) {
        const answer = await send({ ...request(route, values), authorization, body })
        if (route.config.isLenient && answer.status === 200) continue
        expect(answer.status, label).toBe(400)
        expectErrorForm(answer)
      }
    },
  )
})

test('every event that all of this has caused has the form of its type', async () => {
  const { rows } = await platform.database.pool.query('SELECT document FROM event_document')
  for (const { document } of rows) expectEventForm(document)
  expect(new Set(rows.map(({ document }) => document.type)).size).toBeGreaterThan(25)
})
