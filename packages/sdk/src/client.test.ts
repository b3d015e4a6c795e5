import { listDevices, updateDevice } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { createGroup, deleteGroup, getGroup, updateGroup } from '@mason/contract/group'
import { metrics } from '@mason/contract/platform'
import { describe, expect, test, vi } from 'vitest'
import { fakeApi, hangUp, hangUpHalfway, reply, silence } from '../test/fake-api.ts'
import { ApiError } from './api-error.ts'
import { createClient } from './client.ts'
import { ConnectionError } from './connection-error.ts'
import { delay } from './delay.ts'

const group = {
  name: 'kiosks',
  description: '',
  createdAt: '2026-11-02T09:30:00.000Z',
  self: '/v1/default/group/kiosks',
}
const ok = reply(200, { data: [group] })
const refusal = (type: string) => ({ type, message: 'no', requestId: 'r1' })
const limited = reply(429, refusal('rate_limit_error'), { 'Retry-After': '2' })
const busy = reply(503, refusal('api_error'))
const noDelay = async () => {}

describe('a request', () => {
  test('carries path, body, key and agent', async () => {
    const { baseUrl, requests } = await fakeApi(ok)
    const { call } = createClient({ baseUrl: `${baseUrl}/`, key: 'mason_1', userAgent: 'nightly/1' })
    const { data } = await call(createGroup, { fleet: 'default', name: 'kiosks' })
    expect(data).toEqual([group])
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: '/v1/default/group',
        headers: { authorization: 'basic mason_1', 'user-agent': 'nightly/1', 'content-type': 'application/json' },
        body: '{"name":"kiosks"}',
      },
    ])
  })

  test('of a GET has filters in its query and neither body nor idempotency key', async () => {
    const { baseUrl, requests } = await fakeApi(ok)
    await createClient({ baseUrl, authorization: 'Bearer t' }).call(listDevices, { online: true, n: 'a&b', limit: 5 })
    expect(requests[0]).toMatchObject({ url: '/v1/default/device?online=true&n=a%26b&limit=5', body: '' })
    expect(requests[0]?.headers).toMatchObject({ authorization: 'Bearer t' })
    expect(requests[0]?.headers).not.toHaveProperty('content-type')
    expect(requests[0]?.headers).not.toHaveProperty('idempotency-key')
  })

  test('sends an empty object where every body member is optional', async () => {
    const { baseUrl, requests } = await fakeApi(ok)
    await createClient({ baseUrl }).call(createEnrollment)
    expect(requests[0]).toMatchObject({ url: '/v1/default/enrollment', body: '{}' })
    expect(requests[0]?.headers).not.toHaveProperty('authorization')
  })

  test('may carry the whole body as `body`', async () => {
    const { baseUrl, requests } = await fakeApi(ok)
    await createClient({ baseUrl }).call(updateDevice, { id: 'd1', body: { name: 'till 1' } })
    expect(requests[0]).toMatchObject({ url: '/v1/default/device/d1', body: '{"name":"till 1"}' })
  })

  test('that answers text resolves to the text', async () => {
    const { baseUrl } = await fakeApi(reply(200, 'up 1\n'))
    expect(await createClient({ baseUrl }).call(metrics)).toBe('up 1\n')
  })

  test('goes through a fetch that is handed in', async () => {
    const { call } = createClient({ baseUrl: '', fetch: async (url) => Response.json({ data: [{ name: url }] }) })
    expect(await call(getGroup, { name: 'a b' })).toEqual({ data: [{ name: '/v1/default/group/a%20b' }] })
  })

  test.each(['mason.example', 'localhost:8080', 'http://'])('has no base in %s', (baseUrl) => {
    expect(() => createClient({ baseUrl })).toThrow(TypeError)
  })
})

describe('a refusal', () => {
  test('is an ApiError with all that the API says, and is not tried again', async () => {
    const errors = [{ path: '/description', message: 'too long' }]
    const { baseUrl, requests } = await fakeApi(reply(400, { ...refusal('invalid_request_error'), errors }))
    const answer = createClient({ baseUrl }).call(updateGroup, { name: 'kiosks', description: 'x' })
    const expected = { status: 400, type: 'invalid_request_error', message: 'no', requestId: 'r1', errors }
    await expect(answer).rejects.toMatchObject(expected)
    await expect(answer).rejects.toBeInstanceOf(ApiError)
    expect(requests).toHaveLength(1)
  })

  test('by something that is not the API is an ApiError too', async () => {
    const { baseUrl } = await fakeApi(reply(500, '<h1>oh</h1>', { 'X-Request-Id': 'r2' }))
    await expect(createClient({ baseUrl }).call(listDevices)).rejects.toMatchObject({
      status: 500,
      type: 'api_error',
      requestId: 'r2',
      errors: [],
    })
  })

  test('is what a 200 that is not JSON comes to', async () => {
    const { baseUrl } = await fakeApi(reply(200, '<h1>sign in to the wifi</h1>'))
    await expect(createClient({ baseUrl }).call(listDevices)).rejects.toMatchObject({ status: 200, type: 'api_error' })
  })

  test('is what a redirected DELETE comes to, unlike a redirected GET', async () => {
    const { baseUrl, requests } = await fakeApi(reply(302, '', { Location: '/elsewhere' }), ok)
    await expect(createClient({ baseUrl }).call(deleteGroup, { name: 'kiosks' })).rejects.toMatchObject({ status: 302 })
    expect(requests).toHaveLength(1)
    const moved = await fakeApi(reply(302, '', { Location: '/elsewhere' }), ok)
    expect(await createClient(moved).call(getGroup, { name: 'kiosks' })).toEqual({ data: [group] })
  })
})

describe('a failure that may pass', () => {
  test('is tried again under one idempotency key', async () => {
    const { baseUrl, requests } = await fakeApi(limited, busy, hangUp, hangUpHalfway, ok)
    const delays: number[] = []
    const { call } = createClient({ baseUrl, delay: async (ms) => void delays.push(ms) })
    expect(await call(createGroup, { name: 'kiosks' })).toEqual({ data: [group] })
    expect(delays).toHaveLength(4)
    expect(delays[0]).toBeGreaterThanOrEqual(2000)
    const keys = requests.map(({ headers }) => headers['idempotency-key'])
    expect(keys).toHaveLength(5)
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(requests.map(({ body }) => body))).toEqual(new Set(['{"name":"kiosks"}']))

    await call(createGroup, { name: 'kiosks' })
    expect(requests.at(-1)?.headers['idempotency-key']).not.toBe(keys[0])
  })

  test('may carry an idempotency key that is handed in', async () => {
    const { baseUrl, requests } = await fakeApi(ok)
    await createClient({ baseUrl }).call(createGroup, { name: 'kiosks' }, { idempotencyKey: 'order 7' })
    expect(requests[0]?.headers).toMatchObject({ 'idempotency-key': 'order 7' })
  })

  test('survives meeting its own attempt that was cut off and is still in flight', async () => {
    const inFlight = reply(409, refusal('idempotency_error'))
    const { baseUrl, requests } = await fakeApi(hangUp, inFlight, ok)
    await createClient({ baseUrl, delay: noDelay }).call(createGroup, { name: 'kiosks' })
    expect(requests).toHaveLength(3)
  })

  test('is given up once the retries are spent', async () => {
    const { baseUrl, requests } = await fakeApi(busy)
    const { call } = createClient({ baseUrl, maxRetries: 2, delay: noDelay })
    await expect(call(listDevices)).rejects.toMatchObject({ status: 503 })
    expect(requests).toHaveLength(3)
  })

  test('is given up at once when there are to be no retries', async () => {
    const { baseUrl, requests } = await fakeApi(hangUp)
    await expect(createClient({ baseUrl, maxRetries: 0 }).call(listDevices)).rejects.toThrow(ConnectionError)
    expect(requests).toHaveLength(1)
  })

  test('may be an answer that does not come in time', async () => {
    const { baseUrl } = await fakeApi(silence)
    // Counted here, as on a busy machine the time may be over before a request has arrived.
    const counted = vi.fn(fetch)
    const { call } = createClient({ baseUrl, fetch: counted, timeoutMs: 20, maxRetries: 1, delay: noDelay })
    await expect(call(listDevices)).rejects.toThrow(`GET ${baseUrl}/v1/default/device: no answer within 20 ms`)
    expect(counted).toHaveBeenCalledTimes(2)
  })
})

describe('an abort', () => {
  test('ends a call that waits for its answer', async () => {
    const abort = new AbortController()
    const { baseUrl, requests } = await fakeApi(() => abort.abort(new Error('enough')))
    await expect(createClient({ baseUrl, signal: abort.signal }).call(listDevices)).rejects.toThrow('enough')
    expect(requests).toHaveLength(1)
  })

  test('ends a call that waits to try again', async () => {
    const abort = new AbortController()
    const { baseUrl, requests } = await fakeApi(reply(429, refusal('rate_limit_error'), { 'Retry-After': '60' }))
    const abortInDelay = (ms: number, signal: AbortSignal) => {
      const waiting = delay(ms, signal)
      abort.abort(new Error('enough'))
      return waiting
    }
    const { call } = createClient({ baseUrl, delay: abortInDelay })
    await expect(call(listDevices, {}, { signal: abort.signal })).rejects.toThrow('enough')
    expect(requests).toHaveLength(1)
  })

  test('before the call keeps it from being sent', async () => {
    const { baseUrl, requests } = await fakeApi(ok)
    const { call } = createClient({ baseUrl, signal: AbortSignal.abort(new Error('enough')) })
    await expect(call(createGroup, { name: 'kiosks' })).rejects.toThrow('enough')
    expect(requests).toHaveLength(0)
  })
})

describe('pages', () => {
  const page = (names: string[], nextPage?: string) => reply(200, { data: names.map((name) => ({ name })), nextPage })

  test('are walked to the end with the same filters', async () => {
    const { baseUrl, requests } = await fakeApi(page(['a', 'b'], 'k/1'), page([], 'k2'), page(['c']))
    const { pages } = createClient({ baseUrl })
    const names: string[] = []
    for await (const device of pages(listDevices, { fleet: 'default', group: 'kiosks', limit: 2 }))
      names.push(device.name)
    expect(names).toEqual(['a', 'b', 'c'])
    expect(requests.map(({ url }) => url)).toEqual([
      '/v1/default/device?group=kiosks&limit=2',
      '/v1/default/device?group=kiosks&limit=2&after=k%2F1',
      '/v1/default/device?group=kiosks&limit=2&after=k2',
    ])
  })

  test('are fetched only when they are needed', async () => {
    const { baseUrl, requests } = await fakeApi(page(['a', 'b'], 'k1'), page(['c']))
    const devices = createClient({ baseUrl }).pages(listDevices)
    expect(requests).toHaveLength(0)
    for await (const { name } of devices) if (name === 'b') break
    expect(requests).toHaveLength(1)
  })

  test('may start behind a page key', async () => {
    const { baseUrl, requests } = await fakeApi(page(['c']))
    await createClient({ baseUrl }).pages(listDevices, { after: 'k1' }).next()
    expect(requests[0]?.url).toBe('/v1/default/device?after=k1')
  })

  test('fail as calls do', async () => {
    const { baseUrl } = await fakeApi(page(['a'], 'k1'), reply(404, refusal('not_found_error')))
    const devices = createClient({ baseUrl }).pages(listDevices)
    expect(await devices.next()).toMatchObject({ value: { name: 'a' } })
    await expect(devices.next()).rejects.toMatchObject({ type: 'not_found_error' })
  })
})
