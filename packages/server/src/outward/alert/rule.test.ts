import { listAlerts } from '@mason/contract/alert'
import { alertConditions } from '@mason/contract/alert-condition'
import {
  createAlertRule,
  deleteAlertRule,
  getAlertRule,
  listAlertRules,
  type NewAlertRule,
  previewAlertRule,
  updateAlertRule,
} from '@mason/contract/alert-rule'
import { isKnownType } from '@mason/contract/event-words'
import { describe, expect, test } from 'vitest'
import { alertsOf, lookAll, newRule } from '../../../test/alerts.ts'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { eventsOf } from './conditions.ts'

const platform = usePlatform({}, { areJobsRunning: false })

const low = { bootId: 'boot-1', battery: { level: '9' } }

describe('alert rules', () => {
  test('exist from the first start, disabled but for three', async () => {
    const { data } = await (await platform.newAccount()).call(listAlertRules)
    expect(data.map(({ condition }) => condition).sort()).toEqual(Object.keys(alertConditions).sort())
    expect(data.flatMap(({ condition, enabled }) => (enabled ? [condition] : []))).toEqual([
      'deployment.paused',
      'carrier.error',
      'webhook.failing',
    ])
  })

  test('are made, read, changed and deleted; nobody else sees them', async () => {
    const [account, other] = [await platform.newAccount(), await platform.newAccount()]
    const rule: NewAlertRule = {
      ...{ name: 'Tills', condition: 'device.battery', below: 20, filter: 'group==tills', for: 5 },
      ...{ severity: 'critical', notify: { emails: ['ops@example.com'] } },
    }
    const made = (await account.call(createAlertRule, rule)).data[0]
    expect(made).toEqual({
      ...rule,
      ...{ id: made?.id, self: `/v1/default/alert-rule/${made?.id}`, enabled: true, createdAt: made?.createdAt },
    })
    const id = made?.id ?? ''
    await account.call(updateAlertRule, { id, filter: null, below: 30, enabled: false, notify: {} })
    const { data } = await account.call(getAlertRule, { id })
    const { filter: _, ...kept } = made ?? rule
    expect(data[0]).toEqual({ ...kept, below: 30, enabled: false, notify: {} })
    await expect(other.call(getAlertRule, { id })).rejects.toMatchObject({ status: 404 })
    await expect(other.call(updateAlertRule, { id, name: 'x' })).rejects.toMatchObject({ status: 404 })
    await account.call(deleteAlertRule, { id })
    await expect(account.call(getAlertRule, { id })).rejects.toMatchObject({ status: 404 })
    await expect(account.call(deleteAlertRule, { id })).rejects.toMatchObject({ status: 404 })
  })

  test.each([
    [{ condition: 'device.battery' }, 'below is missing: the condition device.battery needs it'],
    [{ condition: 'device.offline', below: 3 }, 'below does not go with the condition device.offline'],
    [{ condition: 'device.offline', notificationType: 'wipe' }, 'notificationType does not go with'],
    [{ condition: 'pool.threshold', percent: 80, filter: 'group==a' }, 'it is about no device or SIM'],
    [{ condition: 'device.offline', filter: 'grop==a' }, 'filter is wrong at position'],
    [{ condition: 'sim.limit', filter: 'battery.level<3' }, 'filter is wrong at position'],
    [{ condition: 'device.offline', notify: { emails: ['nobody'] } }, 'must be an e-mail address'],
  ] as const)('%j is refused with a sentence', async (rule, sentence) => {
    const account = await platform.newAccount()
    await expect(newRule(account, rule as never)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(sentence),
    })
  })

  test('a webhook that is not there cannot be told', async () => {
    const account = await platform.newAccount()
    const notify = { webhooks: ['0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'] }
    await expect(newRule(account, { condition: 'device.offline', notify })).rejects.toMatchObject({ status: 404 })
  })

  test('a change looks again: what the rule would no longer raise ends, and so does all that is disabled or deleted', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account, { name: 'till' })
    await device.checkIn(low)
    const id = await newRule(account, { condition: 'device.battery', below: 15 })
    const states = async () => {
      await lookAll(platform)
      return (await alertsOf(account, id)).map((alert) => alert.split(' ')[1])
    }
    expect(await states()).toEqual(['open'])
    await account.call(updateAlertRule, { id, filter: 'name==another' })
    expect(await states()).toEqual(['resolved'])
    await account.call(updateAlertRule, { id, filter: 'name==till' })
    expect(await states()).toEqual(['resolved', 'open'])
    await account.call(updateAlertRule, { id, enabled: false })
    expect(await states()).toEqual(['resolved', 'resolved'])
    await account.call(updateAlertRule, { id, enabled: true })
    expect(await states()).toEqual(['resolved', 'resolved', 'open'])
    await account.call(deleteAlertRule, { id })
    expect(await states()).toEqual(['resolved', 'resolved', 'resolved'])
    expect((await account.call(listAlerts, { rule: id })).data[0]?.rule).toEqual({ id, name: 'device.battery' })
  })

  test('a preview counts what would be open now', async () => {
    const account = await platform.newAccount()
    for (const name of ['a', 'b', 'c']) await (await newDevice(platform, account, { name })).checkIn(low)
    await newDevice(platform, account)
    const count = async (input: Parameters<typeof newRule>[1]) => (await account.call(previewAlertRule, input)).data[0]
    expect(await count({ condition: 'device.battery', below: 10 })).toEqual({ count: 3, exact: true })
    expect(await count({ condition: 'device.battery', below: 10, filter: 'name=in=(a,b)' })).toEqual({
      count: 2,
      exact: true,
    })
    for (const condition of Object.keys(alertConditions) as (keyof typeof alertConditions)[])
      if (condition !== 'device.battery')
        expect(await count({ condition, ...(condition === 'pool.threshold' && { percent: 80 }) }), condition).toEqual({
          count: 0,
          exact: true,
        })
  })

  test('every type of event that is followed exists', () => {
    expect(
      Object.values(eventsOf)
        .flat()
        .filter((type) => !isKnownType(type)),
    ).toEqual([])
  })
})
