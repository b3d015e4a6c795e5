import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../server/test/eventually.ts'
import { fakeClock } from '../../test/fake-clock.ts'
import { startFakePlatform } from '../../test/fake-platform.ts'
import { temporaryDirectory } from '../../test/temporary-directory.ts'
import { type Exchange, openExchange } from '../http/exchange.ts'
import { families } from './device/families.ts'
import { noFaults } from './device/faults.ts'
import { Statistics } from './progress/statistics.ts'
import { type SimulateOptions, simulate } from './simulate.ts'

let platform: Awaited<ReturnType<typeof startFakePlatform>>
let exchange: Exchange
beforeEach(async () => {
  platform = await startFakePlatform()
  exchange = openExchange(platform.url, { connections: 4 })
})
afterEach(async () => {
  await exchange.close()
  await platform[Symbol.asyncDispose]()
})

async function run(overrides: Partial<SimulateOptions> = {}) {
  const options = {
    server: platform.url,
    token: platform.token,
    devices: 5,
    families,
    seed: 1,
    interval: 10,
    duration: 35,
    concurrency: 4,
    transport: 'auto' as const,
    bootSeconds: 2,
    faults: noFaults,
    ...overrides,
  }
  const statistics = new Statistics(options.devices)
  const clock = fakeClock(Date.parse('2026-11-02T09:30:00Z'))
  await simulate(options, { exchange, clock, statistics, random: () => 0.5, signal: new AbortController().signal })
  return statistics
}

const bodiesOf = (id: string) => platform.checkins.filter((one) => one.id === id).map(({ body }) => body)

test('enrolls all and lets each check in: whole at first, then what changed', async () => {
  const statistics = await run()
  expect(statistics.errors).toBe(0)
  expect(platform.enrollments).toHaveLength(5)
  for (const { id } of platform.credentials.values()) {
    const [first, ...rest] = bodiesOf(id)
    expect(first?.partial).toBeUndefined()
    expect(first?.apps?.length).toBeGreaterThanOrEqual(8)
    expect(rest.length).toBeGreaterThanOrEqual(2)
    expect(rest.every(({ partial }) => partial)).toBe(true)
  }
  expect(statistics.checkIns).toBe(platform.checkins.length)
})

test('a device checks in while others still enroll', async () => {
  let asked = 0
  platform.watch.enrolling = async () => {
    asked += 1
    if (asked > 1) await eventually(() => expect(platform.checkins.length).toBeGreaterThan(0))
  }
  expect(await run({ devices: 3, concurrency: 1 })).toMatchObject({ enrolled: 3, errors: 0 })
})

test('without an interval of its own it keeps the one the platform asks for', async () => {
  platform.settings.checkinSeconds = 5
  const statistics = await run({ devices: 1, interval: undefined, duration: 14 })
  expect(statistics.checkIns).toBe(3)
})

test('whole again after an error that leaves doubt, partial after 429', async () => {
  platform.replies.push(undefined, undefined, {}, { status: 429, headers: { 'retry-after': '1' } })
  const statistics = await run({ devices: 1, duration: 45 })
  expect(statistics.errors).toBe(2)
  const partial = platform.checkins.map(({ body }) => body.partial === true)
  expect(partial.slice(0, 3)).toEqual([false, false, true])
})

test('a device whose credential is refused falls silent', async () => {
  platform.replies.push(undefined, { status: 401 })
  const statistics = await run({ devices: 1 })
  expect(statistics).toMatchObject({ enrolled: 1, checkIns: 0, errors: 1 })
})

test('enrollment is tried again when that helps, and given up when the token is refused', async () => {
  platform.replies.push({ status: 503 }, {})
  expect(await run({ devices: 1 })).toMatchObject({ enrolled: 1, errors: 0 })
  const statistics = await run({ devices: 100, token: 'wrong' })
  expect(statistics).toMatchObject({ enrolled: 0, checkIns: 0 })
  expect(statistics.errors).toBeLessThanOrEqual(4)
  expect(statistics.causes()[0]?.cause).toBe('401 not known')
})

test('a state file spares the next run the enrollment, and only its owner may read it', async () => {
  await using directory = await temporaryDirectory()
  const state = join(directory.path, 'fleet.json')
  await run({ state })
  expect((await stat(state)).mode & 0o777).toBe(0o600)
  const statistics = await run({ state, devices: 7 })
  expect(statistics).toMatchObject({ enrolled: 7, errors: 0 })
  expect(platform.enrollments).toHaveLength(7)
})

test('two runs with one seed are the same devices', async () => {
  await run()
  await run()
  expect(platform.credentials.size).toBe(5)
})
