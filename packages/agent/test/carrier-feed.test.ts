import { createApiKey } from '@mason/contract/apikey'
import { createEnrollment } from '@mason/contract/enrollment'
import { listSims } from '@mason/contract/sim'
import { dayMs } from '@mason/contract/time'
import { getUsageSeries } from '@mason/contract/usage'
import { expect, test } from 'vitest'
import { eventually } from '../../server/test/eventually.ts'
import { type TestAccount, usePlatform } from '../../server/test/harness.ts'
import { openExchange } from '../src/http/exchange.ts'
import { families } from '../src/simulate/device/families.ts'
import { noFaults } from '../src/simulate/device/faults.ts'
import { Statistics } from '../src/simulate/progress/statistics.ts'
import { wallClock } from '../src/simulate/schedule/clock.ts'
import { simulate } from '../src/simulate/simulate.ts'

const platform = usePlatform({ CHECKIN_SECONDS: '1' })
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** Runs a fleet until a check passes, however long a busy machine takes. */
async function run(
  account: TestAccount,
  key: string,
  days: number,
  check: (statistics: Statistics) => unknown,
): Promise<Statistics> {
  const { data } = await account.call(createEnrollment, {})
  const exchange = openExchange(platform.url, { connections: 4 })
  const statistics = new Statistics(20)
  const stop = new AbortController()
  const ended = simulate(
    {
      server: platform.url,
      token: data[0]?.token ?? '',
      devices: 20,
      families,
      seed: 1,
      concurrency: 4,
      transport: 'http',
      bootSeconds: 1,
      faults: noFaults,
      usage: { key, days, interval: 1, runaway: 0 },
    },
    { exchange, statistics, clock: wallClock, random: Math.random, signal: stop.signal },
  )
  try {
    await Promise.race([ended, eventually(() => check(statistics))])
  } finally {
    stop.abort()
    await ended.catch(() => {})
    await exchange.close()
  }
  return statistics
}

const pastUsage = async ({ call }: TestAccount) => {
  const today = Date.now()
  const { data } = await call(getUsageSeries, { start: dayOf(today - 3 * dayMs), end: dayOf(today) })
  return data.map(({ usage }) => usage.total)
}

test('registers, activates and reports the SIMs of the devices; the same days again are duplicates', async () => {
  const account = await platform.newAccount()
  const { data } = await account.call(createApiKey, { name: 'carrier', scopes: ['connect:admin'] })
  const key = data[0]?.key ?? ''
  const statistics = await run(account, key, 3, async ({ usage }) => {
    expect(usage.sims).toBeGreaterThan(0)
    expect(usage.records).toBeGreaterThanOrEqual(4 * usage.sims)
    const sims = (await account.call(listSims)).data
    expect(sims).toHaveLength(usage.sims)
    for (const sim of sims) expect(sim).toMatchObject({ state: 'active', device: expect.any(Object) })
  })
  expect([...statistics.causes()]).toEqual([])
  const past = await pastUsage(account)
  expect(past.every((bytes) => bytes > 0)).toBe(true)
  const total = past.reduce((sum, bytes) => sum + bytes, 0)
  await run(account, key, 3, ({ usage }) => expect(usage.bytes).toBeGreaterThanOrEqual(total))
  expect(await pastUsage(account)).toEqual(past)
})

test('a key that may not report ends it with the reason', async () => {
  const account = await platform.newAccount()
  const { data } = await account.call(createApiKey, { name: 'reader', scopes: ['connect:read'] })
  const goesOn = () => expect.fail('it goes on')
  await expect(run(account, data[0]?.key ?? '', 0, goesOn)).rejects.toThrow('connect:admin')
})
