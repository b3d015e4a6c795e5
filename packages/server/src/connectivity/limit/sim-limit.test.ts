import { type SimState, updateSim } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { eventsOf, judge, judgingJobs, newSim, stateOf, thisMonth, today, use } from '../../../test/judged-usage.ts'

const platform = usePlatform()
const monthsAgo = (months: number) => {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 15)).toISOString().slice(0, 10)
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
    await use(platform, account, iccid, [today, 999])
    await judge(platform)
    expect(await eventsOf(account, 'sim.limit')).toEqual([])
    await use(platform, account, iccid, [today, 1])
    await Promise.all([judge(platform), judge(platform)])
    await use(platform, account, iccid, [today, 500])
    await judge(platform)
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
      while (!isChanged && !(await isWaiting())) await judge(platform)
      await judge(platform)
      await tx.query(sql`
        INSERT INTO usage_sim_month (account_id, month, iccid, upload, download)
        VALUES (${accountId}, ${`${thisMonth}-01`}, ${iccid}, usage_month(1, 0), usage_month(1, 100))`)
    })
    await change
    await judge(platform)
    expect(await eventsOf(account, 'sim.limit')).toMatchObject([{ subject: iccid, used: 100, limit: 100 }])
  })

  test('is judged again when judging was cut off', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, { bytes: 1_000, action: 'suspend' })
    await use(platform, account, iccid, [today, 2_000])
    const cut = platform.database.transaction(async (tx) => {
      for (const job of judgingJobs) await job.run(tx)
      throw new Error('cut off')
    })
    await expect(cut).rejects.toThrow('cut off')
    expect(await stateOf(account, iccid)).toBe('active')
    await judge(platform)
    expect(await eventsOf(account, 'sim.limit')).toHaveLength(1)
    expect(await stateOf(account, iccid)).toBe('suspended data_limit')
  })

  test('that suspends lets the SIM go on when the month is over', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, { bytes: 1_000, action: 'suspend' })
    await use(platform, account, iccid, [today, 1_000])
    await judge(platform)
    // Another process may be judging it.
    await eventually(async () => expect(await stateOf(account, iccid)).toBe('suspended data_limit'))
    await judge(platform)
    await letMonthPass(account)
    await judge(platform)
    await eventually(async () => expect(await stateOf(account, iccid)).toBe('active'))
  })

  test('reached in the new month before that, keeps the SIM suspended', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, { bytes: 1_000, action: 'suspend' })
    await use(platform, account, iccid, [today, 1_000])
    await judge(platform)
    await letMonthPass(account)
    await use(platform, account, iccid, [today, 1])
    await judge(platform)
    expect(await stateOf(account, iccid)).toBe('suspended data_limit')
    expect(await eventsOf(account, 'sim.limit')).toHaveLength(2)
  })

  test('has no say where a person has decided', async () => {
    const account = await platform.newAccount()
    const decisions: SimState[] = ['suspended', 'deactivated', 'active']
    const iccids = await Promise.all(decisions.map(() => newSim(account, { bytes: 1_000, action: 'suspend' })))
    for (const iccid of iccids) await use(platform, account, iccid, [today, 1_000])
    await judge(platform)
    for (const [index, state] of decisions.entries())
      await account.call(updateSim, { iccid: iccids[index] ?? '', state })
    for (const iccid of iccids) await use(platform, account, iccid, [today, 1])
    await judge(platform)
    await letMonthPass(account)
    await judge(platform)
    const states = await Promise.all(iccids.map((iccid) => stateOf(account, iccid)))
    expect(states.map((state) => state.split(' ')[0])).toEqual(decisions)
  })

  test('leaves alone a SIM that is not active', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    await account.call(updateSim, { iccid, state: 'suspended' })
    await account.call(updateSim, { iccid, dataLimit: { bytes: 10, action: 'suspend' } })
    await use(platform, account, iccid, [today, 10])
    await judge(platform)
    await letMonthPass(account)
    await judge(platform)
    expect(await stateOf(account, iccid)).toBe('suspended')
    expect(await eventsOf(account, 'sim.limit')).toHaveLength(1)
  })

  test('that is set, lowered or turned to suspending is judged as well', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    await use(platform, account, iccid, [today, 1_000])
    await judge(platform)
    const set = async (bytes: number, action: 'alert' | 'suspend') => {
      await account.call(updateSim, { iccid, dataLimit: { bytes, action } })
      await judge(platform)
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
    await use(platform, account, iccid, [today, 1_500])
    await judge(platform)
    await account.call(updateSim, { iccid, dataLimit: { bytes: 2_000, action: 'suspend' } })
    await judge(platform)
    expect(await stateOf(account, iccid)).toBe('active')
    await use(platform, account, iccid, [today, 500])
    await judge(platform)
    expect(await stateOf(account, iccid)).toBe('suspended data_limit')
    await account.call(updateSim, { iccid, dataLimit: null })
    await judge(platform)
    expect(await stateOf(account, iccid)).toBe('active')
    expect((await eventsOf(account, 'sim.limit')).map((event) => event.limit)).toEqual([1_000, 2_000])
  })

  test('reached by late records is told for the last month, and suspends nothing', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, { bytes: 1_000, action: 'suspend' })
    await use(platform, account, iccid, [monthsAgo(1), 1_000], [monthsAgo(2), 1_000])
    await judge(platform)
    expect(await eventsOf(account, 'sim.limit')).toMatchObject([{ month: monthsAgo(1).slice(0, 7) }])
    expect(await stateOf(account, iccid)).toBe('active')
  })
})
