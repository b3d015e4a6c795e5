import { ApiError } from '@mason/sdk/api-error'
import { ConnectionError } from '@mason/sdk/connection-error'
import { expect, test } from 'vitest'
import { judgeFailure } from './verdict.ts'

const intervalMs = 900_000
const first = { failures: 1, intervalMs, random: 0.5 }

test('a refused credential is the end', () => {
  expect(judgeFailure(new ApiError(401, {}), first)).toEqual({ outcome: 'credential-refused' })
})

test('failed connections back off with full jitter, doubling up to the interval', () => {
  const waits = [1, 2, 3, 50].map((failures) => judgeFailure(new ConnectionError('cut'), { ...first, failures }))
  expect(waits.map((verdict) => verdict.outcome === 'again' && verdict.waitMs)).toEqual([500, 1000, 2000, 450_000])
  expect(waits).toMatchObject(Array(4).fill({ isStateKnown: false }))
})

test('429 keeps what is known and waits at least as long as asked', () => {
  const verdict = judgeFailure(new ApiError(429, {}, 30_000), { ...first, random: 0 })
  expect(verdict).toEqual({ outcome: 'again', waitMs: 30_000, isStateKnown: true })
})

test('503 waits at least as long as asked, with jitter on top, and leaves doubt', () => {
  const verdict = judgeFailure(new ApiError(503, {}, 30_000), first)
  expect(verdict).toEqual({ outcome: 'again', waitMs: 30_500, isStateKnown: false })
})

test('a server cannot silence a device for longer than a day', () => {
  const verdict = judgeFailure(new ApiError(503, {}, 1e15), { ...first, random: 0 })
  expect(verdict).toMatchObject({ waitMs: 86_400_000 })
})

test('another refusal waits for the next regular check-in', () => {
  const verdict = judgeFailure(new ApiError(400, {}), first)
  expect(verdict).toEqual({ outcome: 'again', waitMs: intervalMs, isStateKnown: false })
})

test('what no server explains is thrown', () => {
  expect(() => judgeFailure(new TypeError('a fault in the program'), first)).toThrow('a fault in the program')
})
