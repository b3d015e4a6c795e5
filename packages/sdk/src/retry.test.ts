import { describe, expect, test } from 'vitest'
import { ApiError } from './api-error.ts'
import { ConnectionError } from './connection-error.ts'
import { retryDelayMs } from './retry.ts'

const cut = new ConnectionError('cut')

describe('the wait before a retry', () => {
  test('doubles up to 20 s', () => {
    expect([0, 1, 2, 6, 7, 50].map((retries) => retryDelayMs(cut, retries, 1))).toEqual([
      250, 500, 1000, 16_000, 20_000, 20_000,
    ])
  })

  test('is anything from nothing to the whole back-off', () => {
    expect(retryDelayMs(cut, 3, 0)).toBe(0)
    expect(retryDelayMs(cut, 3, 0.5)).toBe(1000)
  })

  test('comes on top of what the server asks for, up to a minute', () => {
    expect(retryDelayMs(new ApiError(429, {}, 7000), 0, 0.5)).toBe(7125)
    expect(retryDelayMs(new ApiError(503, {}, 60_000), 0, 0)).toBe(60_000)
    expect(retryDelayMs(new ApiError(503, {}, 61_000), 0, 0)).toBeUndefined()
  })
})

test.each([429, 502, 503, 504])('status %i is tried again', (status) => {
  expect(retryDelayMs(new ApiError(status, {}), 0, 0)).toBe(0)
})

test.each([400, 401, 403, 404, 409, 500])('status %i is not tried again', (status) => {
  expect(retryDelayMs(new ApiError(status, {}), 0, 0)).toBeUndefined()
})

test('a key in use is tried again only if an attempt of our own may be the user', () => {
  const inUse = new ApiError(409, { type: 'idempotency_error' })
  expect(retryDelayMs(inUse, 0, 0)).toBeUndefined()
  expect(retryDelayMs(inUse, 1, 0)).toBe(0)
})

test('a fault of the program is not tried again', () => {
  expect(retryDelayMs(new TypeError('x is undefined'), 0, 0)).toBeUndefined()
})
