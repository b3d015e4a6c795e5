import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createApiKey } from '@mason/contract/apikey'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { newRawClient } from '../../../test/raw-client.ts'

const platform = usePlatform()

/** The status line, headers and body of what a raw request is answered with. */
async function exchangeRaw(request: string) {
  const { write, heard } = await newRawClient((platform.http.server.address() as AddressInfo).port)
  write(request)
  const text = await heard
  const [head = '', body = ''] = text.split('\r\n\r\n')
  return { line: head.split('\r\n', 1)[0], head: head.toLowerCase(), body }
}

const h2c = 'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n'
const webSocket =
  'Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n'
const unknown = 'Connection: Upgrade, close\r\nUpgrade: gopher/7\r\n'

test.each([
  ['HTTP/2', h2c],
  ['WebSocket', webSocket],
  ['an unknown protocol', unknown],
])('an upgrade to %s that a route does not know is ignored (RFC 9110 §7.8)', async (_name, headers) => {
  const { key } = await platform.newAccount()
  const get = await exchangeRaw(
    `GET /v1/default/group HTTP/1.1\r\nHost: x\r\nAuthorization: basic ${key}\r\n${headers}\r\n`,
  )
  expect(get.line).toBe('HTTP/1.1 200 OK')
  expect(JSON.parse(get.body).data).toHaveLength(1)
  const body = '{"name":"lobby"}'
  const post = await exchangeRaw(
    `POST /v1/default/group HTTP/1.1\r\nHost: x\r\nAuthorization: basic ${key}\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`,
  )
  expect(post.line).toBe('HTTP/1.1 200 OK')
  expect(JSON.parse(post.body).data[0].name).toBe('lobby')
  const none = await exchangeRaw(`GET /nowhere HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)
  expect(none.line).toBe('HTTP/1.1 404 Not Found')
  expect(JSON.parse(none.body)).toMatchObject({ type: 'not_found_error' })
})

test.each([
  ['another protocol', 'GET', unknown, 404],
  ['another method', 'POST', `${webSocket}Content-Length: 0\r\n`, 404],
  ['no key', 'GET', webSocket.replace(/Sec-WebSocket-Key.*\r\n/, ''), 400],
  ['a wrong version', 'GET', webSocket.replace('Version: 13', 'Version: 7'), 400],
  ['a broken list of sub-protocols', 'GET', `${webSocket}Sec-WebSocket-Protocol: ,\r\n`, 400],
])('a handshake of /mqtt with %s is refused in the form of every error', async (_name, method, headers, status) => {
  const { line, head, body } = await exchangeRaw(`${method} /mqtt HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)
  expect(line).toBe(`HTTP/1.1 ${status} ${status === 404 ? 'Not Found' : 'Bad Request'}`)
  expect(head).toContain('content-type: application/json')
  expect(JSON.parse(body)).toMatchObject({ message: expect.any(String), requestId: expect.any(String) })
})

test.each(['/mqtt', '/mqtt/', '/mqtt?a=b', '/mqtt/?a=b'])('MQTT is spoken over WebSocket at %s', async (path) => {
  const socket = new WebSocket(platform.url.replace('http', 'ws') + path, 'mqtt')
  await once(socket, 'open')
  socket.terminate()
})

test('X-Ray is refused before the upgrade, by the reason in the order of the contract', async () => {
  const owner = await platform.newAccount()
  const { id } = await newDevice(platform, owner)
  const { data } = await owner.call(createApiKey, { name: 'reader', scopes: ['fleet:read'] })
  const refusalOf = async (path: string, key?: string) => {
    const socket = new WebSocket(`${platform.url.replace('http', 'ws')}/v1/global/xray/${path}`, {
      ...(key && { headers: { authorization: `basic ${key}` } }),
    })
    const [, answer] = await once(socket, 'unexpected-response')
    const pieces = await answer.toArray()
    return [answer.statusCode, answer.statusMessage, JSON.parse(Buffer.concat(pieces).toString()).type]
  }
  expect(await refusalOf(`${id}/adb`)).toEqual([401, 'Unauthorized', 'authentication_error'])
  expect(await refusalOf(`${id}/adb`, data[0]?.key)).toEqual([403, 'Forbidden', 'permission_error'])
  expect(await refusalOf(`${crypto.randomUUID()}/vnc`, owner.key)).toEqual([404, 'Not Found', 'not_found_error'])
  expect(await refusalOf(`${id}/ssh`, owner.key)).toEqual([400, 'Bad Request', 'invalid_request_error'])
  for (const service of ['adb', 'vnc'])
    expect(await refusalOf(`${id}/${service}`, owner.key)).toEqual([410, 'Gone', 'not_found_error'])
})

test('a body of somebody unknown is not gathered beyond what such requests need', async () => {
  const body = JSON.stringify({ email: 'a@example.com', password: 'x'.repeat(100_000) })
  for (const path of ['/auth/sign-in', '/agent/v1/enroll', '/oauth/token', '/nowhere']) {
    const answer = await platform.fetch(path, { method: 'POST', body })
    expect(await answer.json()).toMatchObject({ type: 'invalid_request_error', message: 'The body is too large' })
  }
  const { key } = await platform.newAccount()
  const answer = await platform.fetch('/v1/default/group', { method: 'POST', body, key })
  expect(JSON.stringify(await answer.json())).not.toContain('too large')
})

test.each([
  ['two hosts', 'Host: a\r\nHost: b\r\n'],
  ['the same host twice', 'Host: a\r\nhOST: a\r\n'],
  ['no host', ''],
  ['a host with a path', 'Host: a/b\r\n'],
  ['a host with a user', 'Host: a@b\r\n'],
])('a request with %s is a 400', async (_name, headers) => {
  const { line, body } = await exchangeRaw(`GET /healthz HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`)
  expect(line).toBe('HTTP/1.1 400 Bad Request')
  expect(JSON.parse(body).message).toContain('Host')
})
