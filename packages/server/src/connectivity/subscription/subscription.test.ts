import { deleteDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import {
  changeSubscription,
  forecastSubscription,
  getSubscription,
  listSubscriptionHistory,
} from '@mason/contract/subscription'
import { describe, expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()

describe('the subscription', () => {
  test('is a pool of 500,000,000 bytes a device that follows the fleet until another is set', async () => {
    const account = await platform.newAccount()
    const pool = (value: number) => ({
      accountID: account.accountId,
      type: 'device_data_pool',
      typeSpecific: { value },
    })
    expect(await account.call(getSubscription)).toEqual(pool(0))
    const { id } = await newDevice(platform, account)
    await newDevice(platform, account)
    expect(await account.call(getSubscription)).toEqual(pool(1_000_000_000))
    await account.call(deleteDevice, { id })
    expect(await account.call(getSubscription)).toEqual(pool(500_000_000))
  })

  test('is changed to a fixed pool, a pool per device, a target, and back', async () => {
    const account = await platform.newAccount()
    await newDevice(platform, account)
    const change = async (wanted: Parameters<typeof account.call<typeof changeSubscription>>[1]) => {
      const { data } = await account.call(changeSubscription, wanted)
      const { accountID, ...now } = await account.call(getSubscription)
      expect(data).toEqual([{ accountID, ...now }])
      return now
    }
    expect(await change({ type: 'device_data_pool', value: 7 })).toEqual({
      type: 'device_data_pool',
      typeSpecific: { value: 7 },
    })
    expect(await change({ type: 'device_data_pool', perDevice: 9, thresholds: [90, 10, 90] })).toEqual({
      type: 'device_data_pool',
      typeSpecific: { value: 9, perDevice: 9 },
      thresholds: [10, 90],
    })
    expect(await change({ type: 'pay_as_you_go', target: 11 })).toEqual({
      type: 'pay_as_you_go',
      typeSpecific: { target: 11 },
    })
    expect(await change({ type: 'device_data_pool' })).toEqual({
      type: 'device_data_pool',
      typeSpecific: { value: 500_000_000 },
    })
  })

  test('stays exact in JSON however large the pool', async () => {
    const account = await platform.newAccount()
    for (let device = 0; device < 2; device++) await newDevice(platform, account)
    const { data } = await account.call(changeSubscription, {
      type: 'device_data_pool',
      perDevice: Number.MAX_SAFE_INTEGER,
    })
    expect(data[0]?.typeSpecific.value).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('refuses members that do not go together, all at once', async () => {
    const { call } = await platform.newAccount()
    await expect(call(changeSubscription, { type: 'pay_as_you_go', value: 1, perDevice: 1 })).rejects.toMatchObject({
      status: 400,
      errors: [{ path: '/value' }, { path: '/perDevice' }, { path: '/target' }],
    })
    await expect(
      call(changeSubscription, { type: 'device_data_pool', value: 1, perDevice: 1, target: 1 }),
    ).rejects.toMatchObject({ status: 400, errors: [{ path: '/target' }, { path: '/perDevice' }] })
    await expect(call(changeSubscription, { type: 'device_data_pool', value: 0 })).rejects.toMatchObject({
      status: 400,
      errors: [{ path: '/value' }],
    })
    expect((await call(listSubscriptionHistory)).data).toEqual([])
  })

  test('keeps who changed it, when and to what, in pages, and tells of it', async () => {
    const { call } = await platform.newAccount()
    await call(changeSubscription, { type: 'device_data_pool', value: 7 })
    await call(changeSubscription, { type: 'pay_as_you_go', target: 8, thresholds: [] })
    const first = await call(listSubscriptionHistory, { limit: 1 })
    const second = await call(listSubscriptionHistory, { after: first.nextPage ?? '' })
    const common = {
      id: expect.any(String),
      changedAt: expect.stringMatching(/Z$/),
      actor: { kind: 'key', id: expect.any(String) },
    }
    expect([...first.data, ...second.data]).toEqual([
      { ...common, type: 'device_data_pool', value: 7, thresholds: [50, 80, 100] },
      { ...common, type: 'pay_as_you_go', target: 8, thresholds: [] },
    ])
    const { data } = await call(listEvents, { type: 'subscription.changed' })
    expect(data.map((event) => event.data)).toEqual([
      { type: 'device_data_pool', value: 7, thresholds: [50, 80, 100] },
      { type: 'pay_as_you_go', target: 8, thresholds: [] },
    ])
  })

  test('changed side by side is what the last one said', async () => {
    const { call } = await platform.newAccount()
    await Promise.all([1, 2, 3, 4].map((value) => call(changeSubscription, { type: 'device_data_pool', value })))
    const { data } = await call(listSubscriptionHistory)
    expect(data.map(({ value }) => value).sort()).toEqual([1, 2, 3, 4])
    expect(data.map(({ value }) => value)).toContain((await call(getSubscription)).typeSpecific.value)
  })
})

describe('the forecast', () => {
  test('of an account without usage is nothing', async () => {
    const { call } = await platform.newAccount()
    const { data } = await call(forecastSubscription)
    const asOf = data[0]?.asOf ?? ''
    expect(data).toEqual([
      {
        asOf: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        month: asOf.slice(0, 7),
        used: 0,
        allowance: 0,
        projected: { low: 0, expected: 0, high: 0 },
        overage: 0,
        method: expect.any(String),
      },
    ])
  })
})
