import { listEvents } from '@mason/contract/event'
import { withLuhnDigit } from '@mason/contract/identifiers'
import { bulkSims } from '@mason/contract/job'
import { dayMs } from '@mason/contract/time'
import { getUsage, getUsageSeries } from '@mason/contract/usage'
import { expect, test } from 'vitest'
import { callsFakes, connect, connection, sync, useCarriers } from '../../../test/carriers/connect.ts'
import { dialects } from '../../../test/carriers/dialects.ts'
import type { FakeCarrier } from '../../../test/carriers/fake.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { ended, jobOf } from '../../../test/jobs.ts'

// `CARRIER_SIMS=10000 npx vitest run carrier-sync/fleet` says how long each carrier takes with a fleet.

const size = Number(process.env.CARRIER_SIMS ?? 300)
const perSecond = Number(process.env.CARRIER_RATE ?? 200)
const suspended = Math.ceil(size / 10)
const patient = { timeout: 900_000, interval: 250 }

const platform = usePlatform(callsFakes)
const newCarrier = useCarriers()

const day = (daysAgo: number) => new Date(Date.now() - daysAgo * dayMs).toISOString().slice(0, 10)
const month = day(0).slice(0, 7)
/** The newest first. */
const days = Array.from({ length: 30 }, (_, daysAgo) => day(daysAgo))
/** What is asked of a SIM that is new. */
const daysOfNew = days.filter((one, daysAgo) => one.startsWith(month) || daysAgo <= 3)

/** Sums by day, of all SIMs: what the fake itself would bill. */
function sumsOf(fake: FakeCarrier, asked: readonly string[]): Map<string, { upload: number; download: number }> {
  const sums = new Map(asked.map((one) => [one, { upload: 0, download: 0 }]))
  for (const { usage } of fake.sims.values())
    for (const [one, { upload, download }] of usage) {
      const sum = sums.get(one)
      if (sum) {
        sum.upload += upload
        sum.download += download
      }
    }
  return sums
}

async function expectSums({ call }: TestAccount, fake: FakeCarrier, asked = days): Promise<void> {
  const sums = sumsOf(fake, asked)
  const { data } = await call(getUsageSeries, { start: days.at(-1) ?? '', end: day(-1) })
  for (const { usage } of data) {
    const { upload, download } = usage
    const wanted = sums.get(usage.date.slice(0, 10)) ?? { upload: 0, download: 0 }
    expect({ date: usage.date, upload, download }).toEqual({ date: usage.date, ...wanted })
  }
  const total = [...sums].reduce(
    (sum, [one, { upload, download }]) => sum + (one.startsWith(month) ? upload + download : 0),
    0,
  )
  expect((await call(getUsage, { date: day(0) })).data[0]?.usage.total).toBe(total)
}

const random = (most: number) => Math.floor(Math.random() * most)

test.each(dialects.map((dialect) => [dialect.type, dialect] as const))(
  'a fleet at %s is imported, changed at the pace of the carrier, corrected, and counted to the byte',
  async (type, dialect) => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const sims = Array.from({ length: size }, (_, index) =>
      fake.add(withLuhnDigit(`8988${String(dialects.indexOf(dialect))}3000000${String(index).padStart(6, '0')}`)),
    )
    for (const { usage } of sims)
      for (const one of days) usage.set(one, { upload: random(5_000_000), download: random(900_000_000) })
    const took: Record<string, number> = {}
    const timed = async (what: string, work: () => Promise<unknown>) => {
      const begun = performance.now()
      await work()
      took[what] = Math.round((performance.now() - begun) / 100) / 10
    }

    fake.perSecond = perSecond
    await timed('import with the usage of the month', () =>
      connect(account, fake, { requestsPerSecond: perSecond }, patient),
    )
    const name = `our-${type}`
    expect((await connection(account, name)).counts).toMatchObject({ sims: size, imported: size })
    await expectSums(account, fake, daysOfNew)

    // Within the limit: nothing is asked for in vain.
    const some = sims.slice(0, suspended).map(({ iccid }) => iccid)
    await timed(`suspend ${suspended}`, async () => {
      const body = { target: { sims: some }, change: { state: 'suspended' as const } }
      const job = await ended(account, jobOf(await account.call(bulkSims, body)))
      await expect
        .poll(async () => {
          await platform.database.pool.query(
            'UPDATE sim SET carrier_due = now() WHERE account_id = $1 AND pending_state IS NOT NULL AND carrier_call IS NULL AND carrier_due > now()',
            [account.accountId],
          )
          return sims.slice(0, suspended).filter(({ state }) => state !== 'suspended').length
        }, patient)
        .toBe(0)
      await expect
        .poll(async () => (await account.call(listEvents, { job: job.id, limit: 1000 })).data.length, patient)
        .toBe(suspended)
    })
    expect(fake.count(429)).toBe(0)

    // As if the carrier could not be reached for weeks.
    for (const table of ['carrier', 'sim_at_carrier'])
      await platform.database.pool.query(
        `UPDATE ${table} SET pulled_until = pulled_until - 26 WHERE account_id = $1 AND pulled_until IS NOT NULL`,
        [account.accountId],
      )
    await timed('sync with the usage of thirty days', () => sync(account, name, patient))
    await expectSums(account, fake)

    // Somebody changes SIMs in the portal, and the carrier corrects its figures.
    const changed = sims.slice(suspended, suspended + 7)
    for (const sim of changed) sim.state = 'suspended'
    for (const { usage } of sims)
      for (const one of days.slice(1, 4))
        if (random(3) === 0) usage.set(one, { upload: random(5_000_000), download: random(900_000_000) })
    await timed('sync with corrections', () => sync(account, name, patient))
    expect((await connection(account, name)).counts).toMatchObject({ corrected: changed.length, missing: 0 })
    await expectSums(account, fake)
    expect(fake.count(429)).toBe(0)
    if (process.env.CARRIER_SIMS) console.info(type, { sims: size, perSecond, ...took, requests: fake.log.length })
  },
  3_600_000,
)
