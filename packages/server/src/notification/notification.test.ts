import { randomUUID } from 'node:crypto'
import { createApiKey } from '@mason/contract/apikey'
import { deleteDevice, getDevice, updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import {
  type Batch,
  cancelBatch,
  cancelNotification,
  getBatch,
  getNotification,
  listNotifications,
  type NewBatch,
  type NewNotification,
  notifyDevice,
  notifyDevices,
} from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../../test/eventually.ts'
import { newDevice, type TestDevice } from '../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../test/harness.ts'
import { connectDevice, type MqttDevice } from '../../test/mqtt-device.ts'
import { expireNotifications } from '../jobs/expire-notifications.ts'
import { sendMissed } from './delivery.ts'

const platform = usePlatform()
const open: MqttDevice[] = []
const connect = async (device: TestDevice, url = device.mqtt?.url ?? '') => {
  const connected = await connectDevice(url, device)
  open.push(connected)
  return connected
}
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ client }) => client.endAsync(true)))
})

async function send(account: TestAccount, device: { id: string }, input: NewNotification) {
  const { data } = await account.call(notifyDevice, { id: device.id, ...input })
  return data[0]?.id ?? ''
}

const read = async (account: TestAccount, id: string) => (await account.call(getNotification, { id })).data[0]
const expectState = (account: TestAccount, id: string, state: string, reason?: string) =>
  eventually(async () => expect(await read(account, id)).toMatchObject({ state, ...(reason && { reason }) }))

async function sendMany(account: TestAccount, input: NewBatch): Promise<Batch> {
  const { data } = await account.call(notifyDevices, input)
  const [batch] = data
  if (!batch || !('id' in batch)) throw new Error('no batch')
  return batch
}

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

  test('to a connected device is sent as it is queued, which are two events, and can still be canceled', async () => {
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
    expect(await sendMany(account, { type: 'refresh', target: { filter: {} } })).toMatchObject({ states: { sent: 1 } })
    expect((await connected.next()).type).toBe('refresh')
  })

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

describe('success is what was seen', () => {
  const sentTo = async (account: TestAccount, device: TestDevice, type: NewNotification['type']) => {
    const connected = await connect(device)
    await connected.checkIn({ bootId: 'boot-1', updateCheckedAt: '2026-01-01T00:00:00Z' })
    const id = await send(account, device, { type })
    const command = await connected.next()
    await connected.answer(command, { state: 'acknowledged' })
    return { id, connected }
  }

  test('a refresh by a check-in that comes after it', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const { id, connected } = await sentTo(account, device, 'refresh')
    expect((await read(account, id))?.state).toBe('acknowledged')
    await connected.checkIn({ partial: true })
    expect((await read(account, id))?.state).toBe('succeeded')
  })

  test('a check by another look for updates', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const { id, connected } = await sentTo(account, device, 'check')
    await connected.checkIn({ partial: true, updateCheckedAt: '2026-01-01T01:00:00+01:00' })
    expect((await read(account, id))?.state).toBe('acknowledged')
    await connected.checkIn({ partial: true, updateCheckedAt: '2026-01-02T00:00:00Z' })
    expect((await read(account, id))?.state).toBe('succeeded')
  })

  test('a reboot by another boot, whether it was acknowledged or not', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const { id, connected } = await sentTo(account, device, 'reboot')
    await connected.checkIn({ bootId: 'boot-1' })
    expect((await read(account, id))?.state).toBe('acknowledged')
    await connected.checkIn({ bootId: 'boot-2' })
    expect((await read(account, id))?.state).toBe('succeeded')
    const silent = await send(account, device, { type: 'reboot' })
    await connected.next()
    await connected.checkIn({ bootId: 'boot-3' })
    expect((await read(account, silent))?.state).toBe('succeeded')
  })

  test('a wipe by another reset, or by enrolling again, which keeps name, group and history', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const device = await newDevice(platform, account, { group: 'tills', name: 'Till 1' })
    await device.checkIn({ bootId: 'boot-1', resetAt: '2027-01-01T00:00:00Z' })
    const { id, connected } = await sentTo(account, device, 'wipe')
    await connected.checkIn({ partial: true, resetAt: '2027-01-01T00:00:00Z' })
    expect((await read(account, id))?.state).toBe('acknowledged')
    const again = await newDevice(platform, account, { serialnumber: device.serialnumber, name: 'Other' })
    expect((await read(account, id))?.state).toBe('succeeded')
    expect((await account.call(getDevice, { id: again.id })).data[0]).toMatchObject({
      name: 'Till 1',
      group: { name: 'tills' },
    })
    const second = await sentTo(account, again, 'wipe')
    await second.connected.checkIn({ partial: true, resetAt: '1999-01-01T00:00:00Z' })
    expect((await read(account, second.id))?.state).toBe('succeeded')
  })

  test('a shutdown by the end of the connection after the acknowledgement', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const { id, connected } = await sentTo(account, device, 'shutdown')
    expect((await read(account, id))?.state).toBe('acknowledged')
    await connected.vanish()
    await expectState(account, id, 'succeeded')
  })

  test('a refurbishment by the acknowledgement of the reset, and the device is gone', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const { id, connected } = await sentTo(account, device, 'refurbish')
    expect((await read(account, id))?.state).toBe('succeeded')
    await connected.closed
    await expect(account.call(getDevice, { id: device.id })).rejects.toMatchObject({ status: 404 })
    await expect(device.checkIn()).rejects.toMatchObject({ status: 401 })
  })
})

describe('a batch', () => {
  test('reaches a list, a group or a filter, once each, and counts its states', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const devices = await Promise.all(
      Array.from({ length: 5 }, (_, place) => newDevice(platform, account, place < 2 ? { group: 'tills' } : {})),
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
    const stranger = await newDevice(platform, await platform.newAccount())
    await expect(
      sendMany(account, { type: 'refresh', target: { devices: [device.id, stranger.id] } }),
    ).rejects.toMatchObject({ status: 404, message: expect.stringContaining(stranger.id) })
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
