import { randomUUID } from 'node:crypto'
import { createApiKey } from '@mason/contract/apikey'
import { deleteDevice, getDevice, updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import { cancelNotification, listNotifications, notifyDevice, notifyDevices } from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { useMqttDevices } from '../../../test/mqtt-device.ts'
import { readNotification as read, send, sendMany } from '../../../test/notifications.ts'
import { workers } from '../../../test/worker-processes.ts'
import { sendMissed } from './delivery.ts'
import { expireNotifications } from './expire-notifications.ts'

const platform = usePlatform()
const connect = useMqttDevices()
const expectState = (account: TestAccount, id: string, state: string, reason?: string) =>
  eventually(async () => expect(await read(account, id)).toMatchObject({ state, ...(reason && { reason }) }))

/** Waits until it is known where the device is connected. */
const expectConnected = ({ id }: TestDevice) =>
  eventually(async () => {
    const { rowCount } = await platform.database.pool.query(
      'SELECT FROM device WHERE id = $1 AND gateway IS NOT NULL',
      [id],
    )
    expect(rowCount).toBe(1)
  })

/** Lets time pass for a notification. */
const overdue = async (id: string) => {
  await platform.database.pool.query("UPDATE notification SET expires_at = now() - interval '1 second' WHERE id = $1", [
    id,
  ])
  await expireNotifications.run(platform.database)
}

describe('a notification', () => {
  test('has the documented form and goes from queued to succeeded', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const payload = { url: 'https://example.com', nothing: null }
    const id = await send(account, device, { type: 'application', payload, expiresIn: 60 })
    const queued = await read(account, id)
    expect(queued).toEqual({
      id,
      self: `/v1/default/notification/${id}`,
      type: 'application',
      device: { id: device.id, self: `/v1/default/device/${device.id}` },
      state: 'queued',
      payload,
      createdAt: expect.any(String),
      expiresAt: new Date(Date.parse(queued?.createdAt ?? '') + 60_000).toISOString(),
    })
    const connected = await connect(device)
    const command = await connected.next()
    expect(command).toEqual({
      id,
      type: 'application',
      payload,
      createdAt: queued?.createdAt,
      expiresAt: queued?.expiresAt,
    })
    await expectState(account, id, 'sent')
    await connected.answer(command, { state: 'acknowledged' })
    expect(await read(account, id)).toMatchObject({
      state: 'succeeded',
      sentAt: expect.any(String),
      acknowledgedAt: expect.any(String),
      finishedAt: expect.any(String),
    })
    const events = (await account.call(listEvents, { device: device.id, type: 'notification.' })).data
    expect(events.map(({ type }) => type)).toEqual([
      'notification.queued',
      'notification.sent',
      'notification.succeeded',
    ])
    expect(events.map(({ actor }) => actor.kind)).toEqual(['key', 'system', 'device'])
  })

  test('to a device that is offline waits for its return', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await (await connect(device)).leave()
    const id = await send(account, device, { type: 'refresh' })
    expect((await (await connect(device)).next()).id).toBe(id)
  })

  // Of several processes another one may have the connection, and sends it a moment later.
  test.skipIf(workers)(
    'to a connected device is sent as it is queued, which are two events, and can still be canceled',
    async () => {
      const account = await platform.newAccount()
      const device = await newDevice(platform, account)
      const connected = await connect(device)
      await expectConnected(device)
      const { data } = await account.call(notifyDevice, { id: device.id, type: 'check', payload: { deep: [1] } })
      expect(data[0]).toMatchObject({ state: 'sent', sentAt: data[0]?.createdAt })
      const { id, createdAt, expiresAt } = data[0] ?? { id: '' }
      expect(await connected.next()).toEqual({ id, type: 'check', payload: { deep: [1] }, createdAt, expiresAt })
      await account.call(cancelNotification, { id })
      const events = (await account.call(listEvents, { device: device.id, type: 'notification.' })).data
      expect(events.map(({ type, actor }) => [type, actor.kind])).toEqual([
        ['notification.queued', 'key'],
        ['notification.sent', 'system'],
        ['notification.canceled', 'key'],
      ])
      expect(await sendMany(account, { type: 'refresh', target: { filter: {} } })).toMatchObject({
        states: { sent: 1 },
      })
      expect((await connected.next()).type).toBe('refresh')
    },
  )

  test('reaches a device that is connected at another node', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const { url } = await platform.addNode()
    const connected = await connect(device, `${url.replace('http', 'ws')}/mqtt`)
    await expectConnected(device)
    const id = await send(account, device, { type: 'refresh' })
    expect((await connected.next()).id).toBe(id)
  })

  test('that was sent to where its device no longer is goes where it is, once', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const id = await send(account, device, { type: 'check' })
    const [there, here] = [randomUUID(), randomUUID()]
    await platform.database.pool.query("UPDATE notification SET state = 'sent', gateway = $1 WHERE id = $2", [
      there,
      id,
    ])
    const missed = () => sendMissed(platform.database, [{ ...device, accountId: account.accountId }], here)
    expect((await missed()).map(({ deviceId }) => deviceId)).toEqual([device.id])
    expect(await missed()).toEqual([])
  })

  test('to a device without a connection goes with its check-in, and its outcome comes with the next', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const [first, second] = [
      await send(account, device, { type: 'refresh' }),
      await send(account, device, { type: 'check' }),
    ]
    const { notifications } = await device.checkIn({ bootId: 'b' })
    expect(notifications.map(({ id }) => id)).toEqual([first, second])
    expect((await read(account, first))?.state).toBe('sent')
    const again = await device.checkIn({
      partial: true,
      notificationStates: [{ id: second, state: 'failed', reason: 'not_supported' }],
    })
    expect(again.notifications).toEqual([])
    expect(await read(account, first)).toMatchObject({ state: 'succeeded' })
    expect(await read(account, second)).toMatchObject({ state: 'failed', reason: 'not_supported' })
  })

  test('is repeated to a device that comes back, with the same id, until it answers', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const id = await send(account, device, { type: 'check' })
    const first = await connect(device)
    expect((await first.next()).id).toBe(id)
    await first.vanish()
    const second = await connect(device)
    const command = await second.next()
    expect(command.id).toBe(id)
    await second.answer(command, { state: 'acknowledged' })
    await second.vanish()
    const third = await connect(device)
    const other = await send(account, device, { type: 'refresh' })
    expect((await third.next()).id).toBe(other)
  })

  test('that is answered twice is answered once', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const connected = await connect(device)
    const id = await send(account, device, { type: 'application' })
    await connected.answer({ id }, { state: 'acknowledged' })
    const done = await read(account, id)
    await connected.answer({ id }, { state: 'failed', reason: 'late' })
    await connected.answer({ id }, { state: 'acknowledged' })
    expect(await read(account, id)).toEqual(done)
  })

  test('cannot be answered by another device', async () => {
    const account = await platform.newAccount()
    const [device, other] = [await newDevice(platform, account), await newDevice(platform, account)]
    const id = await send(account, device, { type: 'application' })
    await (await connect(other)).answer({ id }, { state: 'acknowledged' })
    await other.checkIn({ partial: true, notificationStates: [{ id, state: 'acknowledged' }] })
    expect((await read(account, id))?.state).toBe('queued')
  })

  test('expires when the device never answers, and has failed when nothing was seen to follow', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const never = await send(account, device, { type: 'reboot' })
    await overdue(never)
    expect((await read(account, never))?.state).toBe('expired')
    const connected = await connect(device)
    await connected.checkIn({ bootId: 'same' })
    const claimed = await send(account, device, { type: 'reboot' })
    const command = await connected.next()
    expect(command.id).toBe(claimed)
    await connected.answer(command, { state: 'acknowledged' })
    await connected.checkIn({ bootId: 'same' })
    expect((await read(account, claimed))?.state).toBe('acknowledged')
    await overdue(claimed)
    expect(await read(account, claimed)).toMatchObject({ state: 'failed', reason: 'not_observed' })
  })

  test('is canceled before and after it was sent, but not once it is final', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const early = await send(account, device, { type: 'check' })
    expect((await account.call(cancelNotification, { id: early })).data[0]?.state).toBe('canceled')
    const connected = await connect(device)
    const late = await send(account, device, { type: 'check' })
    expect((await connected.next()).id).toBe(late)
    await account.call(cancelNotification, { id: late })
    await connected.answer({ id: late }, { state: 'acknowledged' })
    expect((await read(account, late))?.state).toBe('canceled')
    await expect(account.call(cancelNotification, { id: late })).rejects.toMatchObject({
      status: 409,
      type: 'conflict_error',
    })
  })

  test('for now only has failed at once when the device is offline', async () => {
    const account = await platform.newAccount()
    const [there, away] = [await newDevice(platform, account), await newDevice(platform, account)]
    await (await connect(away)).leave()
    await eventually(async () => expect((await account.call(getDevice, { id: away.id })).data[0]?.online).toBe(false))
    expect(await read(account, await send(account, away, { type: 'refresh', expiresIn: 0 }))).toMatchObject({
      state: 'failed',
      reason: 'offline',
    })
    const connected = await connect(there)
    const id = await send(account, there, { type: 'refresh', expiresIn: 0 })
    expect((await connected.next()).id).toBe(id)
  })

  test('needs the scope of its type', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const { data } = await account.call(createApiKey, { name: 'n', scopes: ['notify:refresh'] })
    const limited = createClient({ baseUrl: platform.url, key: data[0]?.key ?? '' })
    await limited.call(notifyDevice, { id: device.id, type: 'refresh' })
    await expect(limited.call(notifyDevice, { id: device.id, type: 'wipe' })).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('notify:wipe'),
    })
    await expect(
      limited.call(notifyDevices, { type: 'reboot', target: { devices: [device.id] } }),
    ).rejects.toMatchObject({ status: 403 })
    const id = await send(account, device, { type: 'reboot' })
    await expect(limited.call(cancelNotification, { id })).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('notify:reboot'),
    })
  })
})

describe('the life of a device', () => {
  test('a move to unassigned resets it, another move does not', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    await account.call(createGroup, { name: 'spare' })
    const { id } = await newDevice(platform, account, { group: 'tills' })
    await account.call(updateDevice, { id, group: 'spare' })
    expect((await account.call(listNotifications, { device: id })).data).toEqual([])
    await account.call(updateDevice, { id, group: 'unassigned' })
    await account.call(updateDevice, { id, group: 'unassigned' })
    expect((await account.call(listNotifications, { device: id })).data).toMatchObject([
      { type: 'wipe', state: 'queued' },
    ])
  })

  test('what it was still to be told is canceled when it is de-provisioned', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const id = await send(account, device, { type: 'reboot' })
    await account.call(deleteDevice, { id: device.id })
    expect(await read(account, id)).toMatchObject({ state: 'canceled', reason: 'deprovisioned' })
  })
})
