import { gzipSync } from 'node:zlib'
import type { Route } from '@mason/contract/route'
import { routes } from '@mason/contract/routes'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectErrorForm } from '../../../test/answer-form.ts'
import { exchange, type RawRequest } from '../../../test/exchange.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { parametersOf, pathOf } from '../../../test/paths.ts'
import { newIccid } from '../../../test/unique.ts'

const platform = usePlatform()
let owner: TestAccount

beforeAll(async () => {
  owner = await platform.newAccount()
})

const send = (request: RawRequest) => exchange(platform.url, { authorization: `basic ${owner.key}`, ...request })
const api = '/v1/default'
type Query = { properties: Record<string, { type?: string; format?: string }> }
const knownTo = (route: Route) => Object.keys((route.schema.querystring as Query | undefined)?.properties ?? {})
const withQuery = (path: string, pair: string) => `${path}${path.includes('?') ? '&' : '?'}${pair}`

/** Routes that take an API key, with a path at which nothing is. */
const byKey = routes
  .filter(({ config }) => !['public', 'device', 'session', 'signing-in'].includes(String(config.scope)))
  .map((route): [string, Route, string] => {
    const nobody = Object.fromEntries(parametersOf(route).map(({ name }) => [name, 'x']))
    return [`${route.method} ${route.url}`, route, pathOf(route, nobody)]
  })

describe('a query parameter that a call does not know', () => {
  test.each(byKey.filter(([, { url }]) => url.startsWith('/v1/')))('is refused by %s', async (_name, route, path) => {
    const { method } = route
    const body = method === 'POST' && !route.config.isStreamed ? { body: '{}' } : {}
    for (const name of ['groop', 'Limit', '', '__proto__', 'constructor', 'limit[]']) {
      const answer = await send({ method, path: withQuery(path, `${encodeURIComponent(name)}=1`), ...body })
      expect(answer.status, name).toBe(400)
      expect(expectErrorForm(answer).errors, name).toContainEqual({
        path: `/${name}`,
        message: expect.stringMatching(/^is not a parameter of this call/),
      })
    }
  })

  test.each(byKey.filter(([, { url }]) => !url.startsWith('/v1/')))('is ignored by %s', async (_name, route, path) => {
    const { method } = route
    const [without, beside] = [await send({ method, path }), await send({ method, path: withQuery(path, 'groop=1') })]
    expect(beside.status).toBe(without.status)
  })

  test.each(['/healthz', '/auth/methods', '/.well-known/jwks.json', '/openapi.json'])(
    'is ignored by %s',
    async (path) => {
      expect((await send({ path: `${path}?groop=1` })).status).toBe(200)
    },
  )

  test('is named beside every other fault, with the one that was meant', async () => {
    const answer = await send({ path: `${api}/device?groop=x&limit=0&online=True` })
    expect(expectErrorForm(answer).message.split('; ').sort()).toEqual([
      'did you mean group?',
      'groop is not a parameter of this call',
      'limit must be an integer from 1 to 1000',
      'online must be true or false',
    ])
  })

  test('a parameter that is given twice is refused, however often its value is the same', async () => {
    for (const query of ['limit=1&limit=1', 'group=a&group=b', 'online=true&online=false', 'after=a&after=b']) {
      const { errors } = expectErrorForm(await send({ path: `${api}/device?${query}` }))
      expect(errors).toEqual([{ path: `/${query.split('=', 1)}`, message: 'must be given only once' }])
    }
  })
})

describe('a time in a query', () => {
  const times = byKey.flatMap(([name, route, path]) =>
    knownTo(route)
      .filter((one) =>
        ['date-time', 'day-or-time'].includes((route.schema.querystring as Query).properties[one]?.format ?? ''),
      )
      .map((one): [string, Route, string, string] => [`${name} ${one}`, route, path, one]),
  )

  test.each(times)('of %s may have its + sent as it is', async (_name, { method }, path, name) => {
    const others = path.replace(new RegExp(`(?<=[?&])${name}=[^&]*&?`), '').replace(/[?&]$/, '')
    const read = async (value: string) => send({ method, path: withQuery(others, `${name}=${value}`) })
    for (const [zone, encoded] of [
      ['2026-11-01T02:00:00+02:00', '2026-11-01T02:00:00%2B02:00'],
      ['2026-11-01T00:00:00+00:00', '2026-11-01T00:00:00Z'],
      ['2026-10-31T23:59:60Z', '2026-11-01T00:00:00Z'],
    ] as const) {
      const [plain, right] = [await read(zone), await read(encoded)]
      expect(plain.status, plain.text).toBe(right.status)
      expect(JSON.parse(plain.text).errors).toEqual(JSON.parse(right.text).errors)
    }
    for (const wrong of ['2026-11-01T00:00:00%2002', '2026-11-01%2002:00', '2026-11-01T00:00:00%20%2002:00', 'now'])
      expect((await read(wrong)).status, wrong).toBe(400)
  })

  test('filters as it says', async () => {
    const device = await newDevice(platform, owner)
    await device.checkIn({ bootId: 'boot-1' })
    const found = async (query: string) => JSON.parse((await send({ path: `${api}/device?${query}` })).text).data.length
    const soon = new Date(Date.now() + 3 * 3_600_000).toISOString().replace(/\.\d+Z$/, '+02:00')
    expect(await found(`checkedInAfter=2020-01-01T00:00:00+02:00&serialnumber=${device.serialnumber}`)).toBe(1)
    expect(await found(`checkedInBefore=${soon}&serialnumber=${device.serialnumber}`)).toBe(1)
  })
})

describe('a slash at the end of a path', () => {
  /** Without what differs between two answers to one question. */
  const told = ({ status, text }: { status: number; text: string }) =>
    `${status} ${text.replace(/"requestId":"[^"]*"/, '').replace(/\/(?=")/g, '')}`

  test.each(byKey)('makes no difference to %s', async (_name, { method }, path) => {
    const [bare = '', query] = path.split('?')
    const slashed = `${bare}/${query === undefined ? '' : `?${query}`}`
    for (const sent of method === 'GET' ? [{}] : [{}, { body: '{' }, { body: '{}' }]) {
      const [without, beside] = [await send({ method, path, ...sent }), await send({ method, path: slashed, ...sent })]
      // The same creation twice makes two things.
      if (without.status === 200) expect(beside.status).toBe(200)
      else expect(told(beside)).toBe(told(without))
    }
    const other = method === 'PUT' ? 'PATCH' : 'PUT'
    if (!path.includes('/marker/')) expect((await send({ method: other, path: slashed })).status).toBe(405)
  })

  test('creates what the path creates, and never matches an empty name', async () => {
    const body = JSON.stringify({ name: 'slashed' })
    expect((await send({ method: 'POST', path: `${api}/group/`, body })).status).toBe(200)
    expect((await send({ path: `${api}/group/slashed/` })).status).toBe(200)
    for (const path of ['group//', 'device//', 'sim//', 'usage/sim//', 'device//location', 'artifact/apk//1'])
      expect((await send({ path: `${api}/${path}` })).status, path).toBe(404)
    const edited = JSON.stringify({ description: 'x' })
    expect((await send({ method: 'POST', path: `${api}/group//`, body: edited })).status).toBe(404)
    expect((await send({ method: 'DELETE', path: `${api}/group//` })).status).toBe(404)
  })

  test('is the same request to an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const body = JSON.stringify({ name: 'once' })
    const first = await send({ method: 'POST', path: `${api}/group`, headers, body })
    const again = await send({ method: 'POST', path: `${api}/group/`, headers, body })
    expect([again.status, again.text]).toEqual([200, first.text])
    expect(again.headers['idempotent-replayed']).toBe('true')
  })
})

describe('a byte order mark', () => {
  const mark = '\ufeff'

  test.each(byKey.filter(([, { config, schema }]) => schema.body && !config.isStreamed))(
    'in front of the body of %s makes no difference',
    async (_name, { method }, path) => {
      for (const body of ['', '{', '{"unknown":1}', '[]']) {
        const [without, beside] = [
          await send({ method, path, body }),
          await send({ method, path, body: `${mark}${body}` }),
        ]
        const faults = ({ text }: { text: string }) => ({ ...JSON.parse(text), requestId: '' })
        expect(beside.status, body).toBe(without.status)
        if (without.status !== 200) expect(faults(beside)).toEqual(faults(without))
      }
    },
  )

  test('is dropped from JSON, rows and forms', async () => {
    const group = { method: 'POST', path: `${api}/group`, body: `${mark}{"name":"marked"}` }
    expect((await send(group)).status).toBe(200)
    const iccid = newIccid()
    const rows = { method: 'POST', path: `${api}/sim/import` }
    const csv = { headers: { 'content-type': 'text/csv' }, body: `${mark}iccid\n${iccid}\n` }
    expect(JSON.parse((await send({ ...rows, ...csv })).text).data[0].created).toBe(1)
    const ndjson = { headers: { 'content-type': 'application/x-ndjson' }, body: `${mark}{"iccid":"${newIccid()}"}\n` }
    expect(JSON.parse((await send({ ...rows, ...ndjson })).text).data[0].created).toBe(1)
    const records = `${mark}${JSON.stringify({ records: [] })}`
    expect((await send({ method: 'POST', path: `${api}/usage`, body: records })).status).toBe(200)
    const form = `${mark}grant_type=client_credentials&client_id=x&client_secret=y`
    const token = await exchange(platform.url, { method: 'POST', path: '/oauth/token', body: form })
    expect(JSON.parse(token.text).error).toBe('invalid_client')
  })
})

describe('JSON in another encoding is refused by its name', () => {
  test.each<[string, (json: string) => Buffer]>([
    ['in UTF-16', (json) => Buffer.from(`\ufeff${json}`, 'utf16le')],
    ['in UTF-16', (json) => Buffer.from(`\ufeff${json}`, 'utf16le').swap16()],
    ['in UTF-16', (json) => Buffer.from(json, 'utf16le')],
    ['in UTF-16', (json) => Buffer.from(json, 'utf16le').swap16()],
    ['packed with gzip', (json) => gzipSync(json)],
  ])('%s', async (named, encode) => {
    const { id, secret } = await newDevice(platform, owner)
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
    for (const one of [
      { path: `${api}/group`, body: encode('{"name":"other"}') },
      { path: `${api}/usage`, body: encode('{"records":[]}') },
      { path: '/agent/v1/checkin', body: encode('{"battery":{"level":"1"}}'), authorization },
    ]) {
      const { status, text } = await send({ method: 'POST', ...one })
      // Records come as files, which are unpacked.
      if (one.path.endsWith('/usage')) expect(status).toBe(200)
      else expect([status, JSON.parse(text).message]).toEqual([400, expect.stringContaining(named)])
    }
  })
})

test('whatever name a parameter has, it is told as it was sent', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), async (name) => {
      fc.pre(name.isWellFormed() && !name.includes('\0'))
      const { errors } = expectErrorForm(await send({ path: `${api}/summary?${encodeURIComponent(name)}=1` }))
      expect(errors?.[0]?.path).toBe(`/${name}`)
    }),
    { numRuns: 50 },
  )
})
