import { createApiKey } from '@mason/contract/apikey'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectErrorForm } from '../../test/answer-form.ts'
import { exchange, type RawAnswer, type RawRequest } from '../../test/exchange.ts'
import { newDevice } from '../../test/factories.ts'
import { usePlatform } from '../../test/harness.ts'
import { generateKey } from '../core/key.ts'
import { RateLimiter } from './rate-limit.ts'

const burst = 12
/** So slow that nothing comes back while a test runs; behind a proxy, so that each test has addresses of its own. */
const platform = usePlatform({ RATE_LIMIT_PER_SECOND: '0.1', RATE_LIMIT_BURST: String(burst), TRUST_PROXY: 'true' })

let addresses = 0
const newAddress = () => `198.51.100.${++addresses}`

const send = ({ from, ...request }: RawRequest & { from?: string }) =>
  exchange(platform.url, { ...request, headers: { ...request.headers, 'x-forwarded-for': from ?? newAddress() } })
const list = { path: '/v1/default/group' }

/** What the headers of an answer say. */
function limitOf({ headers }: RawAnswer) {
  const policy = /^"default";q=(\d+);w=(\d+)$/.exec(String(headers['ratelimit-policy']))
  const state = /^"default";r=(\d+);t=(\d+)$/.exec(String(headers.ratelimit))
  if (!policy || !state)
    throw new Error(`RateLimit-Policy: ${headers['ratelimit-policy']}, RateLimit: ${headers.ratelimit}`)
  const [quota, window, left, reset] = [policy[1], policy[2], state[1], state[2]].map(Number)
  return { quota, window, left, reset }
}

function expectTooMany(answer: RawAnswer): void {
  expect(answer.status).toBe(429)
  expect(expectErrorForm(answer).type).toBe('rate_limit_error')
  expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/)
  expect(limitOf(answer).left).toBe(0)
}

const many = (count: number, request: RawRequest & { from?: string }) =>
  Promise.all(Array.from({ length: count }, () => send(request)))

describe('every answer says what is left', () => {
  test('of a key, whatever became of the request', async () => {
    const account = await platform.newAccount()
    const authorization = `basic ${account.key}`
    const requests: [number, RawRequest][] = [
      [200, list],
      [200, { ...list, method: 'HEAD' }],
      [400, { path: '/v1/default/group?limit=0' }],
      [400, { ...list, method: 'POST', body: '{' }],
      [404, { path: '/v1/default/group/none' }],
      [404, { path: '/v1/other/group' }],
      [409, { path: '/v1/default/group/unassigned', method: 'DELETE' }],
    ]
    for (const [index, [status, request]] of requests.entries()) {
      const answer = await send({ ...request, authorization })
      expect(answer.status).toBe(status)
      expect(limitOf(answer)).toMatchObject({ quota: burst, window: burst * 10, left: burst - 1 - index })
    }
    const { data } = await account.call(createApiKey, { name: 'weak', scopes: ['key:read'] })
    const forbidden = await send({ ...list, authorization: `basic ${data[0]?.key}` })
    expect(forbidden.status).toBe(403)
    expect(limitOf(forbidden).left).toBe(burst - 1)
  })

  test('of an address, to who has no key', async () => {
    const from = newAddress()
    const answers = [
      await send({ ...list, from }),
      await send({ ...list, from, authorization: `basic ${generateKey()}` }),
      await send({ path: '/agent/v1/checkin', method: 'POST', from, body: '{}' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
    expect(answers.map((answer) => limitOf(answer).left)).toEqual([burst - 1, burst - 2, burst - 3])
  })

  test.each([
    [200, { path: '/healthz' }],
    [400, { path: '/agent/v1/enroll', method: 'POST', body: '{}' }],
    [400, { path: '/%ff' }],
    [404, { path: '/nothing' }],
    [405, { path: '/v1/default/group', method: 'DELETE' }],
  ])('%i %o', async (status, request) => {
    const answer = await send(request)
    expect(answer.status).toBe(status)
    expect(limitOf(answer)).toMatchObject({ quota: burst, left: burst })
  })

  test('of a device, by a limit of its own', async () => {
    const device = await newDevice(platform, await platform.newAccount())
    const authorization = `Basic ${Buffer.from(`${device.id}:${device.secret}`).toString('base64')}`
    const checkIn = { path: '/agent/v1/checkin', method: 'POST', body: '{"bootId":"boot-1"}', authorization }
    const first = await send(checkIn)
    expect(first.status).toBe(200)
    const { quota = 0, left } = limitOf(first)
    expect(left).toBe(quota - 1)
    const answers = await many(quota * 3, checkIn)
    const refused = answers.filter(({ status }) => status !== 200)
    expect(refused.length).toBeGreaterThan(0)
    refused.forEach(expectTooMany)
  })
})

describe('too many requests', () => {
  test('with one key are refused, and no other key suffers', async () => {
    const [fast, calm] = [await platform.newAccount(), await platform.newAccount()]
    const from = newAddress()
    const answers = await many(burst * 2, { ...list, from, authorization: `basic ${fast.key}` })
    const refused = answers.filter(({ status }) => status !== 200)
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(burst)
    expect(refused.length).toBeGreaterThan(0)
    refused.forEach(expectTooMany)
    expect((await send({ ...list, from, authorization: `basic ${calm.key}` })).status).toBe(200)
  })

  test("with a key that has a limit of its own follow that, and leave the account's other keys alone", async () => {
    const account = await platform.newAccount()
    const make = async (rateLimit: { perSecond: number; burst: number }) => {
      const { data } = await account.call(createApiKey, { name: 'own', scopes: ['fleet:read'], rateLimit })
      return `basic ${data[0]?.key}`
    }
    const [narrow, wide] = [await make({ perSecond: 0.1, burst: 2 }), await make({ perSecond: 1000, burst: 1000 })]
    const answers = await many(6, { ...list, authorization: narrow })
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThan(6)
    expect(answers.map((answer) => limitOf(answer).quota)).toEqual(answers.map(() => 2))
    const free = await many(burst * 3, { ...list, authorization: wide })
    expect(new Set(free.map(({ status }) => status))).toEqual(new Set([200]))
    expect((await send({ ...list, authorization: `basic ${account.key}` })).status).toBe(200)
  })

  test('without a valid key are refused by address, while a valid key from there goes on working', async () => {
    const { key } = await platform.newAccount()
    const [from, elsewhere] = [newAddress(), newAddress()]
    const guesses = await Promise.all(
      Array.from({ length: burst * 2 }, () => send({ ...list, from, authorization: `basic ${generateKey()}` })),
    )
    expect(new Set(guesses.map(({ status }) => status))).toEqual(new Set([401, 429]))
    guesses.filter(({ status }) => status === 429).forEach(expectTooMany)
    expect((await send({ ...list, from, authorization: `basic ${key}` })).status).toBe(200)
    expect((await send({ path: '/healthz', from })).status).toBe(200)
    expect((await send({ ...list, from: elsewhere })).status).toBe(401)
  })

  test('to enroll with tokens that are none are refused by address', async () => {
    const from = newAddress()
    const body = JSON.stringify({ token: 'guess', serialnumber: 'SN-1', family: 'D450', bootId: 'boot-1' })
    const answers = await many(burst * 2, { path: '/agent/v1/enroll', method: 'POST', from, body })
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]))
  })

  test('are not kept for their Idempotency-Key', async () => {
    const account = await platform.newAccount()
    const { data } = await account.call(createApiKey, {
      name: 'slow',
      scopes: ['fleet:admin'],
      rateLimit: { perSecond: 0.1, burst: 1 },
    })
    const slow = `basic ${data[0]?.key}`
    const create = (authorization: string) =>
      send({ ...list, method: 'POST', authorization, headers: { 'idempotency-key': 'k' }, body: '{"name":"kiosks"}' })
    await many(3, { ...list, authorization: slow })
    expectTooMany(await create(slow))
    const answer = await create(`basic ${account.key}`)
    expect([answer.status, answer.headers['idempotent-replayed']]).toEqual([200, undefined])
  })
})

describe('the token bucket', () => {
  function limiter(max?: number) {
    const clock = { now: 0 }
    return { clock, limits: new RateLimiter(() => clock.now, max) }
  }

  test('lets a burst through, then as many as come back', () => {
    const { clock, limits } = limiter()
    const rate = { perSecond: 2, burst: 3 }
    const take = () => limits.take('key', rate)
    expect([take(), take(), take()].map(({ isAllowed, left }) => [isAllowed, left])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
    ])
    expect(take()).toMatchObject({ isAllowed: false, left: 0, resetSeconds: 2, retrySeconds: 1 })
    clock.now = 499
    expect(take().isAllowed).toBe(false)
    clock.now = 500
    expect(take()).toMatchObject({ isAllowed: true, left: 0, retrySeconds: 0 })
    clock.now = 3_600_000
    expect(take()).toMatchObject({ isAllowed: true, left: 2, resetSeconds: 1 })
  })

  test('says how long a slow rate takes', () => {
    const { limits } = limiter()
    const rate = { perSecond: 0.1, burst: 1 }
    expect(limits.take('key', rate)).toMatchObject({ isAllowed: true, left: 0, resetSeconds: 10 })
    expect(limits.take('key', rate)).toMatchObject({ isAllowed: false, retrySeconds: 10 })
  })

  test('can be looked at without taking', () => {
    const { limits } = limiter()
    const rate = { perSecond: 1, burst: 1 }
    expect(limits.take('key', rate, 0)).toMatchObject({ isAllowed: true, left: 1, resetSeconds: 0 })
    expect(limits.take('key', rate).isAllowed).toBe(true)
    expect(limits.take('key', rate, 0)).toMatchObject({ isAllowed: true, left: 0 })
  })

  test('is forgotten, when there are too many, in favor of the client', () => {
    const { limits } = limiter(2)
    const rate = { perSecond: 1, burst: 1 }
    expect(['a', 'b', 'c', 'a', 'c'].map((name) => limits.take(name, rate).isAllowed)).toEqual([
      true,
      true,
      true,
      true,
      false,
    ])
  })

  test('lets no more through than the burst and what came back, and keeps its word', () => {
    fc.assert(
      fc.property(
        fc.record({ perSecond: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 1, max: 20 }) }),
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }),
        (rate, gapsMs) => {
          const { clock, limits } = limiter(10)
          let allowed = 0
          for (const gap of gapsMs) {
            clock.now += gap
            if (limits.take('key', rate).isAllowed) allowed++
            expect(allowed).toBeLessThanOrEqual(rate.burst + (clock.now / 1000) * rate.perSecond + 1e-6)
          }
          // Who waits for as long as an answer says is let through, and finds the bucket full.
          while (limits.take('key', rate).isAllowed);
          clock.now += limits.take('key', rate).retrySeconds * 1000
          expect(limits.take('key', rate).isAllowed).toBe(true)
          clock.now += limits.take('key', rate, 0).resetSeconds * 1000
          expect(limits.take('key', rate, 0).left).toBe(rate.burst)
        },
      ),
      { seed: 20_261_102 },
    )
  })
})

describe('buckets of several workers', () => {
  const rate = { perSecond: 1, burst: 10 }

  test('count what the others let in, and make up for what all let in at once', () => {
    let now = 0
    const limiters = [new RateLimiter(() => now), new RateLimiter(() => now)] as const
    const [one, other] = limiters
    const share = () => {
      const spent = limiters.map((limiter) => limiter.spent())
      one.spend(spent[1] ?? [])
      other.spend(spent[0] ?? [])
    }
    share()
    for (const limiter of limiters) for (let count = 0; count < 10; count++) limiter.take('key', rate)
    expect(limiters.map((limiter) => limiter.take('key', rate).isAllowed)).toEqual([false, false])
    share()
    expect(one.take('key', rate, 0)).toMatchObject({ left: 0 })
    // Twenty were let in where there was room for ten: for ten seconds there is none for anybody.
    now = 10_500
    expect(limiters.map((limiter) => limiter.take('key', rate).isAllowed)).toEqual([false, false])
    now = 11_000
    expect(one.take('key', rate).isAllowed).toBe(true)
    share()
    expect(other.take('key', rate).isAllowed).toBe(false)
    share()
    expect(limiters.map((limiter) => limiter.spent())).toEqual([[], []])
  })
})
