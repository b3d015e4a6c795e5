import { createGroup } from '@mason/contract/group'
import { cancelBatch, getBatch, listNotifications, type NewBatch, notifyDevices } from '@mason/contract/notification'
import { describe, expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { useMqttDevices } from '../../../test/mqtt-device.ts'
import { sendMany } from '../../../test/notifications.ts'

const platform = usePlatform()
const connect = useMqttDevices()

describe('a batch', () => {
  test('reaches a list, a group or a filter, once each, and counts its states', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const devices = await Promise.all(
      Array.from({ length: 5 }, (_, index) => newDevice(platform, account, index < 2 ? { group: 'tills' } : {})),
    )
    const ids = devices.map(({ id }) => id)
    const list = await sendMany(account, { type: 'refresh', target: { devices: [...ids, ids[0] ?? ''] } })
    expect(list).toMatchObject({
      type: 'refresh',
      total: 5,
      states: { queued: 5 },
      self: `/v1/default/batch/${list.id}`,
    })
    expect(await sendMany(account, { type: 'refresh', target: { group: 'tills' } })).toMatchObject({ total: 2 })
    expect(await sendMany(account, { type: 'refresh', target: { filter: { group: 'unassigned' } } })).toMatchObject({
      total: 3,
    })
    expect(await sendMany(account, { type: 'refresh', target: { filter: {} } })).toMatchObject({ total: 5 })
    expect(await sendMany(account, { type: 'refresh', target: { filter: { name: 'nobody' } } })).toMatchObject({
      total: 0,
      states: {},
    })
    expect(
      (await account.call(listNotifications, { batch: list.id })).data.map(({ device }) => device.id).sort(),
    ).toEqual([...ids].sort())
    expect(
      (await account.call(listNotifications, { device: ids[0] ?? '', state: 'queued', type: 'refresh' })).data,
    ).toHaveLength(3)
    expect((await account.call(cancelBatch, { id: list.id })).data[0]?.states).toEqual({ canceled: 5 })
  })

  test('is for all of its devices or for none', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const outsider = await newDevice(platform, await platform.newAccount())
    await expect(
      sendMany(account, { type: 'refresh', target: { devices: [device.id, outsider.id] } }),
    ).rejects.toMatchObject({ status: 404, message: expect.stringContaining(outsider.id) })
    await expect(sendMany(account, { type: 'refresh', target: { group: 'none' } })).rejects.toMatchObject({
      status: 404,
    })
    await expect(sendMany(account, { type: 'refresh', target: {} } as unknown as NewBatch)).rejects.toMatchObject({
      status: 400,
    })
    expect((await account.call(listNotifications)).data).toEqual([])
  })

  test.each(['wipe', 'refurbish', 'shutdown'] as const)(
    'of %s to more than one device asks for confirm and expect',
    async (type) => {
      const account = await platform.newAccount()
      const devices = [await newDevice(platform, account), await newDevice(platform, account)].map(({ id }) => id)
      const target = { devices }
      for (const guard of [
        {},
        { confirm: type },
        { expect: 2 },
        { confirm: 'reboot', expect: 2 },
        { confirm: type, expect: 3 },
      ])
        await expect(sendMany(account, { type, target, ...guard })).rejects.toMatchObject({
          status: 409,
          type: 'conflict_error',
        })
      expect((await account.call(listNotifications)).data).toEqual([])
      const { data } = await account.call(notifyDevices, { type, target, dryRun: true })
      expect(data).toEqual([{ type, total: 2, dryRun: true }])
      expect((await account.call(listNotifications)).data).toEqual([])
      expect(await sendMany(account, { type, target, confirm: type, expect: 2 })).toMatchObject({ total: 2 })
      const one = { devices: devices.slice(1) }
      for (const guard of [{ expect: 2 }, { confirm: 'reboot' }, { confirm: type, expect: 0 }])
        await expect(sendMany(account, { type, target: one, ...guard })).rejects.toMatchObject({ status: 409 })
      expect(await sendMany(account, { type, target: one })).toMatchObject({ total: 1 })
      expect(await sendMany(account, { type, target: one, confirm: type, expect: 1 })).toMatchObject({ total: 1 })
    },
  )

  test('is not held up by a device that does not answer', async () => {
    const account = await platform.newAccount()
    const devices = await Promise.all(Array.from({ length: 6 }, () => newDevice(platform, account)))
    const [, ...answering] = await Promise.all(devices.map((device) => connect(device)))
    const batch = await sendMany(account, { type: 'application', target: { filter: {} } })
    await Promise.all(answering.map(async (device) => device.answer(await device.next(), { state: 'acknowledged' })))
    expect((await account.call(getBatch, { id: batch.id })).data[0]?.states).toEqual({ sent: 1, succeeded: 5 })
  })
})

test('large commands come in several answers, each within 8 MiB', async () => {
  const account = await platform.newAccount()
  const device = await newDevice(platform, account)
  const payload = 'x'.repeat(65_000)
  await sendMany(account, { type: 'application', target: { devices: [device.id] }, payload })
  await platform.database.pool.query(
    `INSERT INTO notification (account_id, id, device_id, type, payload, state, changed_by, expires_at)
     SELECT account_id, new_id(), device_id, type, payload, state, changed_by, expires_at
     FROM notification, generate_series(1, 149) WHERE device_id = $1`,
    [device.id],
  )
  const taken = new Set<string>()
  for (let answers = 0; taken.size < 150; answers++) {
    const states = [...taken].map((id) => ({ id, state: 'acknowledged' as const }))
    const { notifications } = await device.checkIn({ partial: true, notificationStates: states })
    expect(notifications.length).toBeGreaterThan(0)
    expect(JSON.stringify(notifications).length).toBeLessThan(5 * 2 ** 20)
    for (const { id } of notifications) taken.add(id)
    expect(answers).toBeLessThan(5)
  }
})
