import { changeSubscription } from '@mason/contract/subscription'
import { describe, expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { eventsOf, judge, newSim, thisMonth, today, use } from '../../../test/judged-usage.ts'

const platform = usePlatform()

describe('pool thresholds', () => {
  test('are told once each in a month', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    await account.call(changeSubscription, { type: 'device_data_pool', value: 1_000 })
    await use(platform, account, iccid, [today, 499])
    await judge(platform)
    expect(await eventsOf(account, 'pool.threshold')).toEqual([])
    await use(platform, account, iccid, [today, 301])
    await Promise.all([judge(platform), judge(platform)])
    await use(platform, account, iccid, [today, 1_000])
    await judge(platform)
    await judge(platform)
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
      await judge(platform)
      return (await eventsOf(account, 'pool.threshold')).map((event) => event.threshold)
    }
    await use(platform, account, iccid, [today, 300_000_000])
    expect(await told()).toEqual([])
    await newDevice(platform, account)
    expect(await told()).toEqual([50])
    await account.call(changeSubscription, { type: 'pay_as_you_go', target: 1_000_000_000, thresholds: [20, 30, 40] })
    expect(await told()).toEqual([50, 20, 30])
    await account.call(changeSubscription, { type: 'device_data_pool', value: 300_000_000 })
    expect(await told()).toEqual([50, 20, 30, 80, 100])
  })
})
