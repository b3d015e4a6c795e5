import { dayMs } from '@mason/contract/time'
import { describe, expect, test } from 'vitest'
import { usePlatform } from '../../../test/harness.ts'
import { eventsOf, judge, newSim, today, use } from '../../../test/judged-usage.ts'

const platform = usePlatform()
const daysAgo = (days: number) => new Date(Date.parse(today) - days * dayMs).toISOString().slice(0, 10)

describe('a day far outside the history of its SIM', () => {
  const history = (bytes: (day: number) => number, days = 28) =>
    Array.from({ length: days }, (_, day): [string, number] => [daysAgo(day + 1), bytes(day + 1)])

  test('is told once, however it grows', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    await use(platform, account, iccid, ...history((day) => 10_000_000 + day * 100_000))
    await judge(platform)
    await use(platform, account, iccid, [today, 31_000_000])
    await judge(platform)
    expect(await eventsOf(account, 'sim.anomaly')).toEqual([])
    await use(platform, account, iccid, [today, 40_000_000])
    await Promise.all([judge(platform), judge(platform)])
    await use(platform, account, iccid, [today, 900_000_000])
    await judge(platform)
    expect(await eventsOf(account, 'sim.anomaly')).toEqual([
      { subject: iccid, day: today, used: 71_000_000, median: 11_450_000, bound: 31_450_000 },
    ])
  })

  test('is one for a SIM that lay idle, and for yesterday by late records', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    await use(platform, account, iccid, [daysAgo(20), 1])
    await judge(platform)
    await use(platform, account, iccid, [today, 50_000_000], [daysAgo(1), 60_000_000], [daysAgo(2), 70_000_000])
    await judge(platform)
    const days = (await eventsOf(account, 'sim.anomaly')).map((event) => event.day)
    expect(days).toEqual([daysAgo(1), today])
  })

  test('is none for a tiny SIM, a young one, or one that is always wild', async () => {
    const account = await platform.newAccount()
    const [tiny, young, wild] = [await newSim(account), await newSim(account), await newSim(account)]
    await use(platform, account, tiny, ...history(() => 1_000), [today, 19_000_000])
    await use(platform, account, young, ...history(() => 1_000, 13), [today, 900_000_000])
    await use(platform, account, wild, ...history((day) => (day % 3) * 100_000_000), [today, 900_000_000])
    await judge(platform)
    expect(await eventsOf(account, 'sim.anomaly')).toEqual([])
  })
})
