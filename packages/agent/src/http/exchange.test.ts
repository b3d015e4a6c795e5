import { checkin } from '@mason/contract/checkin'
import { enroll } from '@mason/contract/enrollment'
import { ApiError } from '@mason/sdk/api-error'
import { ConnectionError } from '@mason/sdk/connection-error'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startFakePlatform } from '../../test/fake-platform.ts'
import { basicAuthorization } from './basic.ts'
import { type Exchange, openExchange } from './exchange.ts'

let platform: Awaited<ReturnType<typeof startFakePlatform>>
let exchange: Exchange

beforeEach(async () => {
  platform = await startFakePlatform()
  exchange = openExchange(platform.url)
})
afterEach(async () => {
  await exchange.close()
  await platform[Symbol.asyncDispose]()
})

const enrollOnce = () =>
  exchange.post(enroll, { token: platform.token, serialnumber: 'S1', family: 'D450', bootId: 'boot-1' })

test('enrolls, then checks in under the credential', async () => {
  const credential = await enrollOnce()
  const answer = await exchange.post(checkin, { battery: { level: '7' } }, basicAuthorization(credential))
  expect(answer).toEqual({ notifications: [], checkinSeconds: 900 })
  expect(platform.checkins).toEqual([{ id: credential.id, body: { battery: { level: '7' } } }])
})

test('a refusal is an ApiError with the wait that was asked', async () => {
  platform.replies.push({
    status: 429,
    headers: { 'retry-after': '7' },
    body: { type: 'rate_limit_error', message: 'slow down', requestId: 'r1' },
  })
  const error = await enrollOnce().catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ status: 429, type: 'rate_limit_error', message: 'slow down', retryAfterMs: 7000 })
})

test.each([
  ['not JSON', '<html>'],
  ['another object', { hello: 'world' }],
])('a success that is %s is an ApiError', async (_, body) => {
  platform.replies.push({ status: 200, body })
  await expect(enrollOnce()).rejects.toThrow(ApiError)
})

test('a connection that is cut, or refused, is a ConnectionError', async () => {
  platform.replies.push({})
  await expect(enrollOnce()).rejects.toThrow(ConnectionError)
  await platform[Symbol.asyncDispose]()
  await expect(enrollOnce()).rejects.toThrow(ConnectionError)
  platform = await startFakePlatform()
})

test('closing cuts what is in flight, and may be done twice', async () => {
  const pending = enrollOnce()
  await exchange.close()
  await exchange.close()
  await expect(pending).rejects.toThrow(ConnectionError)
})
