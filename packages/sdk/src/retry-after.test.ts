import { expect, test } from 'vitest'
import { retryAfterMs } from './retry-after.ts'

const date = 'Sun, 06 Nov 1994 08:49:37 GMT'

test.each([
  [{}, undefined],
  [{ 'Retry-After': '120' }, 120_000],
  [{ 'Retry-After': '0' }, 0],
  [{ 'Retry-After': 'Sun, 06 Nov 1994 08:49:47 GMT', Date: date }, 10_000],
  [{ 'Retry-After': 'Sun, 06 Nov 1994 08:49:27 GMT', Date: date }, 0],
  [{ 'Retry-After': date }, 0],
  [{ 'Retry-After': 'soon' }, undefined],
  [{ 'Retry-After': '' }, undefined],
])('%o asks for %s ms', (headers: Record<string, string>, expected) => {
  expect(retryAfterMs(new Headers(headers))).toBe(expected)
})
