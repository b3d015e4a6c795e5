import { listEvents } from '@mason/contract/event'
import { withLuhnDigit } from '@mason/contract/identifiers'
import { type DataLimit, getSim, registerSim, type SimState, updateSim } from '@mason/contract/sim'
import { changeSubscription } from '@mason/contract/subscription'
import type { UsageRecord } from '@mason/contract/usage'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { newDevice } from '../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../test/harness.ts'
import { judgeAnomalies } from './anomaly.ts'
import { judgeMonth } from './judge-month.ts'
import { judgeLimits } from './sim-limit.ts'

const platform = usePlatform()
const dayMs = 86_400_000
const today = new Date().toISOString().slice(0, 10)
const daysAgo = (days: number) => new Date(Date.parse(today) - days * dayMs).toISOString().slice(0, 10)
const thisMonth = today.slice(0, 7)
const monthsAgo = (months: number) => {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 15)).toISOString().slice(0, 10)
}

let count = 0
async function newSim({ call }: TestAccount, dataLimit?: DataLimit, state?: SimState): Promise<string> {
  const iccid = withLuhnDigit(`8988303${String(++count).padStart(11, '0')}`)
  await call(registerSim, { iccid })
  await call(updateSim, { iccid, state: state ?? 'active', ...(dataLimit && { dataLimit }) })
  return iccid
}

/** Reports what a SIM has used, a record for each day. */
async function use({ key }: TestAccount, iccid: string, ...days: [day: string, bytes: number][]): Promise<void> {
  const records = days.map(([day, bytes]): UsageRecord => {
    return { id: crypto.randomUUID(), iccid, start: `${day}T00:00:00Z`, upload: 0, download: bytes }
  })
  const answer = await platform.fetch('/v1/default/usage', { key, method: 'POST', body: JSON.stringify({ records }) })
  expect(await answer.json()).toEqual({ data: [{ accepted: days.length, duplicates: 0, rejected: [] }] })
}

const jobs = [judgeLimits, judgeAnomalies, judgeMonth]
const judge = async () => {
  for (const job of jobs) await platform.database.transaction((tx) => job.run(tx))
}

async function eventsOf({ call }: TestAccount, type: string): Promise<Record<string, unknown>[]> {
  return (await call(listEvents, { type })).data.map(({ subject, actor, data }) => {
    expect(actor.kind).toBe('system')
    return { subject: subject.id, ...data }
  })
}

const stateOf = async ({ call }: TestAccount, iccid: string) => {
  const sim = (await call(getSim, { iccid })).data[0]
  return [sim?.state, sim?.stateReason].filter((word) => word !== undefined).join(' ')
}

/** Whether somebody waits for ingests of this database to end. */
const isWaiting = async () =>
  (
    await platform.database.pool.query(
      "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
  ).rowCount !== 0

/** As if what was judged had been judged a month ago. */
const letMonthPass = ({ accountId }: TestAccount) =>
  platform.database.pool.query("UPDATE sim_over_limit SET month = month - interval '1 month' WHERE account_id = $1", [
    accountId,
  ])

describe('a data limit', () => {
  test('is told once a month when it is reached, however often and by how many it is judged', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, { bytes: 1_000, action: 'alert' })
    await use(account, iccid, [today, 999])
    await judge()
    expect(await eventsOf(account, 'sim.limit')).toEqual([])
    await use(account, iccid, [today, 1])
    await Promise.all([judge(), judge()])
    await use(account, iccid, [today, 500])
    await judge()
    expect(await eventsOf(account, 'sim.limit')).toEqual([
      { subject: iccid, month: thisMonth, used: 1_000, limit: 1_000, action: 'alert' },
    ])
    expect(await stateOf(account, iccid)).toBe('active')
  })

  test('that is set while usage comes in is judged with it', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    const { accountId } = account
    let change: Promise<unknown> = Promise.resolve()
    // As ingest writes of a SIM without a limit.
    await platform.database.transaction(async (tx) => {
      await tx.query(sql`SELECT usage_begin(${accountId})`)
      let isChanged = false
      change = account.call(updateSim, { iccid, dataLimit: { bytes: 100, action: 'alert' } }).finally(() => {
        isChanged = true
      })
      while (!isChanged && !(await isWaiting())) await judge()
      await judge()
      await tx.query(sql`
        INSERT INTO usage_sim_month (account_id, month, iccid, upload, download)
        VALUES (${accountId}, ${`${thisMonth}-01`}, ${iccid}, usage_month(1, 0), usage_month(1, 100))`)
    })
    await change
    await judge()
    expect(await eventsOf(account, 'sim.limit')).toMatchObject([{ subject: iccid, used: 100, limit: 100 }])
  })

  test('is judged again when judging was cut off', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, { bytes: 1_000, action: 'suspend' })
    await use(account, iccid, [today, 2_000])
    const cut = platform.database.transaction(async (tx) => {
      for (const job of jobs) await job.run(tx)
      throw new Error('cut off')
    })
    await expect(cut).rejects.toThrow('cut off')
    expect(await stateOf(account, iccid)).toBe('active')
    await judge()
    expect(await eventsOf(account, 'sim.limit')).toHaveLength(1)
    expect(await stateOf(account, iccid)).toBe('suspended data_limit')
  })

  test('that suspends lets the SIM go on when the month is over', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, { bytes: 1_000, action: 'suspend' })
    await use(account, iccid, [today, 1_000])
    await judge()
    expect(await stateOf(account, iccid)).toBe('suspended data_limit')
    await judge()
    await letMonthPass(account)
    await judge()
    expect(await stateOf(account, iccid)).toBe('active')
  })

  test('reached in the new month before that, keeps the SIM suspended', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, { bytes: 1_000, action: 'suspend' })
    await use(account, iccid, [today, 1_000])
    await judge()
    await letMonthPass(account)
    await use(account, iccid, [today, 1])
    await judge()
    expect(await stateOf(account, iccid)).toBe('suspended data_limit')
    expect(await eventsOf(account, 'sim.limit')).toHaveLength(2)
  })

  test('has no say where a person has decided', async () => {
    const account = await platform.newAccount()
    const decisions: SimState[] = ['suspended', 'deactivated', 'active']
    const iccids = await Promise.all(decisions.map(() => newSim(account, { bytes: 1_000, action: 'suspend' })))
    for (const iccid of iccids) await use(account, iccid, [today, 1_000])
    await judge()
    for (const [place, state] of decisions.entries())
      await account.call(updateSim, { iccid: iccids[place] ?? '', state })
    for (const iccid of iccids) await use(account, iccid, [today, 1])
    await judge()
    await letMonthPass(account)
    await judge()
    const states = await Promise.all(iccids.map((iccid) => stateOf(account, iccid)))
    expect(states.map((state) => state.split(' ')[0])).toEqual(decisions)
  })

  test('leaves alone a SIM that is not active', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    await account.call(updateSim, { iccid, state: 'suspended' })
    await account.call(updateSim, { iccid, dataLimit: { bytes: 10, action: 'suspend' } })
    await use(account, iccid, [today, 10])
    await judge()
    await letMonthPass(account)
    await judge()
    expect(await stateOf(account, iccid)).toBe('suspended')
    expect(await eventsOf(account, 'sim.limit')).toHaveLength(1)
  })

  test('that is set, lowered or turned to suspending is judged as well', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    await use(account, iccid, [today, 1_000])
    await judge()
    const set = async (bytes: number, action: 'alert' | 'suspend') => {
      await account.call(updateSim, { iccid, dataLimit: { bytes, action } })
      await judge()
      return stateOf(account, iccid)
    }
    expect(await set(5_000, 'alert')).toBe('active')
    expect(await eventsOf(account, 'sim.limit')).toEqual([])
    expect(await set(900, 'alert')).toBe('active')
    expect(await set(900, 'suspend')).toBe('suspended data_limit')
    expect(await eventsOf(account, 'sim.limit')).toMatchObject([
      { limit: 900, action: 'alert' },
      { limit: 900, action: 'suspend' },
    ])
    expect(await set(900, 'alert')).toBe('active')
  })

  test('that is raised or removed lets the SIM go on, and reaching the new one is told again', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, { bytes: 1_000, action: 'suspend' })
    await use(account, iccid, [today, 1_500])
    await judge()
    await account.call(updateSim, { iccid, dataLimit: { bytes: 2_000, action: 'suspend' } })
    await judge()
    expect(await stateOf(account, iccid)).toBe('active')
    await use(account, iccid, [today, 500])
    await judge()
    expect(await stateOf(account, iccid)).toBe('suspended data_limit')
    await account.call(updateSim, { iccid, dataLimit: null })
    await judge()
    expect(await stateOf(account, iccid)).toBe('active')
    expect((await eventsOf(account, 'sim.limit')).map((event) => event.limit)).toEqual([1_000, 2_000])
  })

  test('reached by late records is told for the last month, and suspends nothing', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, { bytes: 1_000, action: 'suspend' })
    await use(account, iccid, [monthsAgo(1), 1_000], [monthsAgo(2), 1_000])
    await judge()
    expect(await eventsOf(account, 'sim.limit')).toMatchObject([{ month: monthsAgo(1).slice(0, 7) }])
    expect(await stateOf(account, iccid)).toBe('active')
  })
})

describe('pool thresholds', () => {
  test('are told once each in a month', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    await account.call(changeSubscription, { type: 'device_data_pool', value: 1_000 })
    await use(account, iccid, [today, 499])
    await judge()
    expect(await eventsOf(account, 'pool.threshold')).toEqual([])
    await use(account, iccid, [today, 301])
    await Promise.all([judge(), judge()])
    await use(account, iccid, [today, 1_000])
    await judge()
    await judge()
    const common = { subject: account.accountId, month: thisMonth, allowance: 1_000 }
    expect(await eventsOf(account, 'pool.threshold')).toEqual([
      { ...common, threshold: 50, used: 800 },
      { ...common, threshold: 80, used: 800 },
      { ...common, threshold: 100, used: 1_800 },
    ])
  })

  test('follow a change of the allowance, of the thresholds and of the fleet', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    const told = async () => {
      await judge()
      return (await eventsOf(account, 'pool.threshold')).map((event) => event.threshold)
    }
    await use(account, iccid, [today, 300_000_000])
    expect(await told()).toEqual([])
    await newDevice(platform, account)
    expect(await told()).toEqual([50])
    await account.call(changeSubscription, { type: 'pay_as_you_go', target: 1_000_000_000, thresholds: [20, 30, 40] })
    expect(await told()).toEqual([50, 20, 30])
    await account.call(changeSubscription, { type: 'device_data_pool', value: 300_000_000 })
    expect(await told()).toEqual([50, 20, 30, 80, 100])
  })
})

describe('a day far outside the history of its SIM', () => {
  const history = (bytes: (day: number) => number, days = 28) =>
    Array.from({ length: days }, (_, day): [string, number] => [daysAgo(day + 1), bytes(day + 1)])

  test('is told once, however it grows', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    await use(account, iccid, ...history((day) => 10_000_000 + day * 100_000))
    await judge()
    await use(account, iccid, [today, 31_000_000])
    await judge()
    expect(await eventsOf(account, 'sim.anomaly')).toEqual([])
    await use(account, iccid, [today, 40_000_000])
    await Promise.all([judge(), judge()])
    await use(account, iccid, [today, 900_000_000])
    await judge()
    expect(await eventsOf(account, 'sim.anomaly')).toEqual([
      { subject: iccid, day: today, used: 71_000_000, median: 11_450_000, bound: 31_450_000 },
    ])
  })

  test('is one for a SIM that lay idle, and for yesterday by late records', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    await use(account, iccid, [daysAgo(20), 1])
    await judge()
    await use(account, iccid, [today, 50_000_000], [daysAgo(1), 60_000_000], [daysAgo(2), 70_000_000])
    await judge()
    const days = (await eventsOf(account, 'sim.anomaly')).map((event) => event.day)
    expect(days).toEqual([daysAgo(1), today])
  })

  test('is none for a tiny SIM, a young one, or one that is always wild', async () => {
    const account = await platform.newAccount()
    const [tiny, young, wild] = [await newSim(account), await newSim(account), await newSim(account)]
    await use(account, tiny, ...history(() => 1_000), [today, 19_000_000])
    await use(account, young, ...history(() => 1_000, 13), [today, 900_000_000])
    await use(account, wild, ...history((day) => (day % 3) * 100_000_000), [today, 900_000_000])
    await judge()
    expect(await eventsOf(account, 'sim.anomaly')).toEqual([])
  })
})
