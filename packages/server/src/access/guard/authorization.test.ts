import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { createApiKey } from '@mason/contract/apikey'
import { createGroup, getGroup } from '@mason/contract/group'
import type { Route } from '@mason/contract/route'
import { routes } from '@mason/contract/routes'
import { grants, type Scope } from '@mason/contract/scopes'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectErrorForm } from '../../../test/answer-form.ts'
import { exchange, type RawRequest } from '../../../test/exchange.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { withTypo } from '../../../test/typo.ts'

const platform = usePlatform()
let account: TestAccount
let key: string

beforeAll(async () => {
  account = await platform.newAccount()
  key = account.key
  await account.call(createGroup, { name: 'kiosks' })
})

const send = (request: RawRequest) => exchange(platform.url, request)
const base64 = (text: string) => Buffer.from(text).toString('base64')
const list = { path: '/v1/default/group' }

describe('Authorization', () => {
  const accepted: [string, (key: string) => string][] = [
    ['basic and the raw key', (key) => `basic ${key}`],
    ['Basic and the raw key', (key) => `Basic ${key}`],
    ['BASIC and the raw key', (key) => `BASIC ${key}`],
    ['bAsIc, two spaces and the raw key', (key) => `bAsIc  ${key}`],
    ['Bearer and the key', (key) => `Bearer ${key}`],
    ['bearer and the key', (key) => `bearer ${key}`],
    ['RFC 7617: the key as user without a password', (key) => `Basic ${base64(`${key}:`)}`],
    ['RFC 7617 in lower case', (key) => `basic ${base64(`${key}:`)}`],
    ['the key alone', (key) => key],
  ]
  test.each(accepted)('is taken as %s', async (_form, write) => {
    expect((await send({ ...list, authorization: write(key) })).status).toBe(200)
  })

  const refused: [string, (key: string) => string | undefined][] = [
    ['nothing', () => undefined],
    ['the empty text', () => ''],
    ['basic', () => 'basic'],
    ['basic and a space', () => 'basic '],
    ['Bearer', () => 'Bearer'],
    ['an unknown scheme', (key) => `Digest ${key}`],
    ['a token scheme', (key) => `token ${key}`],
    ['a key with a typo', (key) => `basic ${withTypo(key)}`],
    ['a key cut short', (key) => `basic ${key.slice(0, -1)}`],
    ['a key and more', (key) => `basic ${key}0`],
    ['two keys', (key) => `basic ${key} ${key}`],
    ['a key in quotes', (key) => `basic "${key}"`],
    ['a key with a password', (key) => `Basic ${base64(`${key}:password`)}`],
    ['a password without a user', (key) => `Basic ${base64(`:${key}`)}`],
    ['base64 of the key without the colon', (key) => `Basic ${base64(key)}`],
    ['a key in the wrong letter case', (key) => `basic ${key.toUpperCase()}`],
    ['letters beyond ASCII', () => 'basic \xfc\xff'],
    ['a great deal', () => `basic ${'x'.repeat(8_000)}`],
  ]
  test.each(refused)('is not taken as %s', async (_form, write) => {
    const answer = await send({ ...list, authorization: write(key) })
    expect(answer.status).toBe(401)
    expect(expectErrorForm(answer).type).toBe('authentication_error')
  })

  test('of a device is its id and secret', async () => {
    const { id, secret } = await newDevice(platform, account)
    const checkIn = (authorization: string) =>
      send({ method: 'POST', path: '/agent/v1/checkin', authorization, body: '{"bootId":"boot-1"}' })
    expect((await checkIn(`Basic ${base64(`${id}:${secret}`)}`)).status).toBe(200)
    expect((await checkIn(`basic ${base64(`${id}:${secret}`)}`)).status).toBe(200)
    for (const pair of [`${id}:${secret}x`, `${id}:`, `${id}`, `:${secret}`, `x:${secret}`, `${id}:${secret}:`]) {
      const answer = await checkIn(`Basic ${base64(pair)}`)
      expect(answer.status, pair).toBe(401)
      expectErrorForm(answer)
    }
  })
})

describe('a JSON body', () => {
  const contentTypes = [
    undefined,
    'application/json',
    'application/json; charset=utf-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/xml; charset="',
    '*/*',
    ';;',
    '',
    '\xff',
  ]
  test.each(contentTypes)('is read whatever its Content-Type: %s', async (contentType) => {
    const name = `g-${crypto.randomUUID()}`
    const answer = await send({
      method: 'POST',
      path: '/v1/default/group',
      authorization: `basic ${key}`,
      headers: contentType === undefined ? {} : { 'content-type': contentType },
      body: JSON.stringify({ name }),
    })
    expect(answer.status, answer.text).toBe(200)
    expect((await account.call(getGroup, { name })).data[0]?.name).toBe(name)
  })

  test('may come in chunks', async () => {
    const answer = await send({
      method: 'POST',
      path: '/v1/default/group',
      authorization: `basic ${key}`,
      headers: { 'transfer-encoding': 'chunked', 'content-length': [] },
      body: '{"name":"chunks"}',
    })
    expect(answer.status, answer.text).toBe(200)
  })

  test.each(['application/x-www-form-urlencoded', undefined])(
    'that is a form is refused, sent as %s',
    async (contentType) => {
      const answer = await send({
        method: 'POST',
        path: '/v1/default/group',
        authorization: `basic ${key}`,
        headers: contentType === undefined ? {} : { 'content-type': contentType },
        body: 'name=forms',
      })
      expect(answer.status).toBe(400)
      expectErrorForm(answer)
    },
  )
})

describe('a request without a body', () => {
  test.each([
    ['GET', '/v1/default/group', {}],
    ['GET', '/v1/default/group', { 'content-length': '0' }],
    ['DELETE', '/v1/default/group/unassigned', {}],
    ['DELETE', '/v1/default/group/unassigned', { 'content-length': '0' }],
  ])('may carry the Content-Type of JSON: %s %s %o', async (method, path, headers) => {
    const sent = {
      method,
      path,
      authorization: `basic ${key}`,
      headers: { 'content-type': 'application/json', ...headers },
    }
    expect((await send(sent)).status).toBe(method === 'GET' ? 200 : 409)
  })

  test('is told that one is needed where it is', async () => {
    const answer = await send({ method: 'POST', path: '/v1/default/group', authorization: `basic ${key}` })
    expect(answer.status).toBe(400)
    expect(expectErrorForm(answer).message).toBe('A JSON body is required')
  })
})

describe('HEAD', () => {
  test.each([
    '/v1/default/group',
    '/v1/default/group/kiosks',
    '/v1/default/group/none',
    '/v1/default/group?limit=0',
    '/healthz',
  ])('is GET without the body: %s', async (path) => {
    const read = (method: string) => send({ method, path, authorization: `basic ${key}` })
    const [get, head] = [await read('GET'), await read('HEAD')]
    expect(head.text).toBe('')
    expect(head.status).toBe(get.status)
    // The one difference between two refusals is the requestId; its length may grow.
    for (const name of ['content-type', 'content-length', 'link'])
      if (name !== 'content-length' || get.status === 200) expect(head.headers[name]).toBe(get.headers[name])
  })

  test('needs a key as GET does', async () => {
    const answer = await send({ method: 'HEAD', path: '/v1/default/group' })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBeDefined()
  })
})

/** Writes bytes to a new connection and reads what comes until it is closed. */
function speak(bytes: string): Promise<{ status: number; headers: Record<string, string>; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(platform.url)
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'))
    let heard = ''
    socket.setEncoding('utf8').on('data', (text) => {
      heard += text
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const [head = '', text = ''] = heard.split('\r\n\r\n')
      const [statusLine = '', ...lines] = head.split('\r\n')
      const headers = Object.fromEntries(lines.map((line) => [line.split(': ')[0]?.toLowerCase(), line.split(': ')[1]]))
      resolve({ status: Number(statusLine.split(' ')[1]), headers, text })
    })
  })
}

describe('what is not HTTP', () => {
  const get = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
  const post = 'POST /agent/v1/enroll HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
  test.each([
    ['a greeting', 'hello there\r\n\r\n'],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a version that there is not', 'GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['a method that there is not', 'FETCH /healthz HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a header without a colon', `${get}broken\r\n\r\n`],
    ['a header name with a space', `${get}a b: c\r\n\r\n`],
    ['a NUL in a header', `${get}a: b\0c\r\n\r\n`],
    ['a path with a space', 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['headers of 100 KB', `${get}a: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['a path of 100 KB', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['a length that is no number', `${post}Content-Length: ten\r\n\r\n{}`],
    ['a negative length', `${post}Content-Length: -1\r\n\r\n{}`],
    ['two lengths', `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} `],
    ['a length and chunks', `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
    ['chunks that are none', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`],
    ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ])('is a 400 in the documented form: %s', async (_what, bytes) => {
    const answer = await speak(bytes)
    expect(answer.status, answer.text).toBe(400)
    expect(expectErrorForm(answer).type).toBe('invalid_request_error')
  })

  test('does no harm to what comes after', async () => {
    expect((await speak(`${get}\r\n`)).status).toBe(200)
    expect((await speak(`${get}Expect: miracles\r\n\r\n`)).status).toBe(200)
    expect((await speak('GET /healthz HTTP/1.0\r\n\r\n')).status).toBe(200)
  })
})

describe('a refusal names the scope that this change needs', () => {
  const device = `/v1/default/device/${randomUUID()}`

  async function refusal(scopes: string[], path: string, body: string) {
    const { data } = await account.call(createApiKey, { name: 'limited', scopes })
    const answer = await send({ method: 'POST', path, authorization: `basic ${data[0]?.key}`, body })
    expect(answer.status, answer.text).toBe(403)
    return expectErrorForm(answer).message
  }

  test.each([
    [['fleet:read'], device, { name: 'x' }, 'fleet:manager'],
    [['fleet:read'], device, { group: 'x' }, 'fleet:move'],
    [['fleet:read'], device, { name: 'x', group: 'y' }, 'fleet:manager'],
    [['fleet:read'], device, { conflict: false }, 'fleet:manager'],
    [['fleet:read'], device, { name: 1, unknown: true }, 'fleet:manager'],
    [['fleet:read'], device, {}, 'fleet:move'],
    [['fleet:move'], device, { name: 'x' }, 'fleet:manager'],
    [['fleet:read'], `${device}/notification`, { type: 'wipe' }, 'notify:wipe'],
    [['notify:check'], `${device}/notification`, { type: 'wipe' }, 'notify:wipe'],
    [['fleet:read'], '/v1/default/notification', { type: 'reboot' }, 'notify:reboot'],
    [['key:read'], '/v1/default/export', { kind: 'sim' }, 'connect:read'],
    [['key:read'], '/v1/default/export', { kind: 'device', format: 'csv' }, 'fleet:read'],
    [['fleet:read'], '/v1/default/export', { kind: 'usage', format: 'csv' }, 'connect:read'],
  ])('%j at %s with %j: %s', async (scopes, path, body, needed) => {
    expect(await refusal(scopes, path, JSON.stringify(body))).toMatch(new RegExp(`scope ${needed}$`))
  })

  test.each(['', '{', 'null', '[]', '{"type":"toString"}', '{"type":["wipe"]}', '"x"', '\xff'])(
    'and all that would do where the body does not say: %j',
    async (body) => {
      expect(await refusal(['fleet:read'], '/v1/default/notification', body)).toContain(
        'notify:refresh or notify:check',
      )
    },
  )

  test.each(routes.filter(({ config }) => 'memberScopes' in config))(
    '$schema.operationId knows no other scopes',
    (route) => {
      const { memberScopes = {}, scope } = route.config as Route['config']
      const members = Object.keys((route.schema.body as { properties: object }).properties)
      for (const [name, needed] of Object.entries(memberScopes)) {
        expect(members).toContain(name)
        const least = [scope].flat() as Scope[]
        for (const one of [needed].flatMap((each) => (typeof each === 'string' ? [each] : Object.values(each))))
          expect(
            least.some((each) => grants([one], each)),
            `${one} does not open ${String(scope)}`,
          ).toBe(true)
      }
    },
  )
})
