import { getDevice } from '@mason/contract/device'
import type { Command } from '@mason/contract/notification'
import {
  cancelNotification,
  getBatch,
  getNotification,
  notifyDevice,
  notifyDevices,
} from '@mason/contract/notification'
import { openingOf, type Window, weekdays } from '@mason/contract/window'
import { ApiError } from '@mason/sdk/api-error'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { useMqttDevices } from '../../../test/mqtt-device.ts'
import { moments, naiveOpening, windows, zones } from '../../../test/naive-window.ts'
import { closedWindow as closed, openWindow as open } from '../../../test/windows.ts'

const platform = usePlatform({}, { areJobsRunning: false })
const connect = useMqttDevices()
const hourMs = 3_600_000

const wake = () => platform.runJob('wake-notifications')
const read = async ({ call }: TestAccount, id: string) => (await call(getNotification, { id })).data[0]
const send = async ({ call }: TestAccount, { id }: TestDevice, input: object): Promise<string> =>
  (await call(notifyDevice, { id, type: 'application', ...input })).data[0]?.id ?? ''

/** As if so much time had passed: the window of a command is another one, and its moments lie as long ago. */
const turn = (id: string, window: Window) =>
  platform.database.pool.query(
    `UPDATE notification SET time_window = $2, wakes_at = wakes_at - interval '1 day', closes_at = closes_at - interval '1 day'
     WHERE id = $1`,
    [id, JSON.stringify(window)],
  )

/** Whether the next check-in would look at commands. */
async function hasReady({ id }: TestDevice): Promise<boolean> {
  const { rowCount } = await platform.database.pool.query(
    "SELECT FROM notification WHERE device_id = $1 AND state IN ('queued', 'sent', 'acknowledged') AND wakes_at IS NULL",
    [id],
  )
  return rowCount !== 0
}

const received = async (device: TestDevice, report: object = {}): Promise<Command[]> =>
  (await device.checkIn({ bootId: 'boot-1', ...report })).notifications

async function begin(report: object = {}) {
  const account = await platform.newAccount()
  const device = await newDevice(platform, account)
  await received(device, report)
  return { account, device }
}
const inParis = { timezone: 'Europe/Paris' }

describe('openings in SQL', () => {
  test('are those that devices compute, in any zone and across changes of clocks', async () => {
    const samples = fc.sample(fc.tuple(windows, moments, fc.constantFrom(...zones)), { numRuns: 400, seed: 16 })
    const { rows } = await platform.database.pool.query(
      `SELECT extract(epoch FROM o.opens_at) * 1000 AS opens, extract(epoch FROM o.closes_at) * 1000 AS closes
       FROM unnest($1::jsonb[], $2::text[], $3::timestamptz[]) WITH ORDINALITY AS t (w, zone, at, place)
       CROSS JOIN LATERAL window_opening(w, zone, at) AS o ORDER BY place`,
      [
        samples.map(([window]) => JSON.stringify(window)),
        samples.map(([, , zone]) => zone),
        samples.map(([, atMs]) => new Date(atMs)),
      ],
    )
    for (const [index, [window, atMs, zone]] of samples.entries()) {
      const found = { opensAtMs: Number(rows[index].opens), closesAtMs: Number(rows[index].closes) }
      const label = `${JSON.stringify(window)} ${new Date(atMs).toISOString()} ${zone}`
      expect(found, label).toEqual(openingOf(window, atMs, zone))
      if (index % 8 === 0) expect(found, label).toEqual(naiveOpening(window, atMs, zone))
    }
  }, 120_000)

  test('are in UTC for a zone that PostgreSQL does not know', async () => {
    const { rows } = await platform.database.pool.query(
      `SELECT iso_time(opens_at) AS opens FROM window_opening('{"from":"10:00","to":"11:00","timezone":"device"}', 'Mars/Olympus', '2026-11-28T08:00Z')`,
    )
    expect(rows[0].opens).toBe('2026-11-28T10:00:00.000Z')
  })
})

test('a device shows the time zone that it reports, until it reports none', async () => {
  const { account, device } = await begin(inParis)
  const zone = async () => (await account.call(getDevice, { id: device.id })).data[0]?.timezone
  expect(await zone()).toBe('Europe/Paris')
  await received(device, { partial: true })
  expect(await zone()).toBe('Europe/Paris')
  const answer = await device.checkIn({ bootId: 'boot-1', timezone: 'CET' })
  expect(answer.ignored).toEqual([{ path: '/timezone', message: expect.stringContaining('IANA time zone') }])
  expect(await zone()).toBe('Europe/Paris')
  await received(device)
  expect(await zone()).toBeUndefined()
})

describe('a command with a window, for a device that does not keep to windows', () => {
  test('is handed out inside it, and not looked at before', async () => {
    const { account, device } = await begin()
    const id = await send(account, device, { window: closed })
    expect(await read(account, id)).toMatchObject({ state: 'queued', window: closed })
    expect(await hasReady(device)).toBe(false)
    await wake()
    expect(await received(device)).toEqual([])
    await turn(id, open)
    await wake()
    expect(await received(device)).toMatchObject([{ id, window: open }])
    expect(await read(account, id)).toMatchObject({ state: 'sent' })
  })

  test('is handed out no more once the window has closed, and again at the next opening', async () => {
    const { account, device } = await begin()
    const id = await send(account, device, { window: open })
    await platform.database.pool.query(
      "UPDATE notification SET closes_at = now() - interval '1 second' WHERE id = $1",
      [id],
    )
    expect(await received(device)).toEqual([])
    await turn(id, closed)
    await wake()
    expect(await hasReady(device)).toBe(false)
    await turn(id, open)
    await wake()
    expect(await received(device)).toMatchObject([{ id }])
    await device.checkIn({ bootId: 'boot-1', notificationStates: [{ id, state: 'acknowledged' }] })
    expect(await read(account, id)).toMatchObject({ state: 'succeeded' })
  })

  test('leaves over MQTT when the window opens', async () => {
    const { account, device } = await begin()
    const connected = await connect(device)
    const id = await send(account, device, { window: closed })
    await turn(id, open)
    await wake()
    expect(await connected.next()).toMatchObject({ id })
    expect(connected.commands).toHaveLength(1)
  })
})

describe('a command with a window, for a device that reports its time zone', () => {
  test('leaves at once with its window, is held, and then not looked at', async () => {
    const { account, device } = await begin(inParis)
    const id = await send(account, device, { window: { ...closed, timezone: 'device' } })
    expect(await received(device, inParis)).toMatchObject([{ id, window: { timezone: 'device' } }])
    await device.checkIn({ bootId: 'boot-1', ...inParis, notificationStates: [{ id, state: 'held' }] })
    expect(await hasReady(device)).toBe(false)
    expect(await read(account, id)).toMatchObject({ state: 'sent' })
    await device.checkIn({ bootId: 'boot-1', ...inParis, notificationStates: [{ id, state: 'acknowledged' }] })
    expect(await read(account, id)).toMatchObject({ state: 'succeeded' })
  })

  test('is told again when the window has passed without an answer', async () => {
    const { account, device } = await begin(inParis)
    const id = await send(account, device, { window: closed })
    await received(device, inParis)
    await device.checkIn({ bootId: 'boot-1', ...inParis, notificationStates: [{ id, state: 'held' }] })
    await wake()
    expect(await received(device, inParis)).toEqual([])
    await turn(id, closed)
    await wake()
    expect(await received(device, inParis)).toMatchObject([{ id }])
  })

  test('and is not taken for done by a reboot of before', async () => {
    const { account, device } = await begin(inParis)
    const id = await send(account, device, { type: 'reboot', window: closed })
    await received(device, inParis)
    await device.checkIn({ bootId: 'boot-1', ...inParis, notificationStates: [{ id, state: 'held' }] })
    await device.checkIn({ bootId: 'boot-2', ...inParis, notificationStates: [{ id, state: 'held' }] })
    expect(await read(account, id)).toMatchObject({ state: 'sent' })
    await device.checkIn({ bootId: 'boot-2', ...inParis, notificationStates: [{ id, state: 'acknowledged' }] })
    expect(await read(account, id)).toMatchObject({ state: 'acknowledged' })
    await device.checkIn({ bootId: 'boot-3', ...inParis })
    expect(await read(account, id)).toMatchObject({ state: 'succeeded' })
  })

  test('is withdrawn when the device asks, once it was canceled', async () => {
    const { account, device } = await begin(inParis)
    const [kept, canceled] = [
      await send(account, device, { window: closed }),
      await send(account, device, { window: closed }),
    ]
    const { data } = await account.call(notifyDevices, {
      type: 'application',
      target: { devices: [device.id] },
      window: closed,
    })
    const batch = data[0] && 'id' in data[0] ? data[0].id : ''
    const ofBatch = (await received(device, inParis)).find(({ id }) => id !== kept && id !== canceled)?.id ?? ''
    const held = [kept, canceled, ofBatch]
    await device.checkIn({
      bootId: 'boot-1',
      ...inParis,
      notificationStates: held.map((id) => ({ id, state: 'held' })),
    })
    await account.call(cancelNotification, { id: canceled })
    await platform.database.pool.query('UPDATE batch SET canceled_at = now() WHERE id = $1', [batch])
    const answer = await device.checkIn({ bootId: 'boot-1', ...inParis, heldNotifications: held })
    expect(answer.withdrawn?.toSorted()).toEqual([canceled, ofBatch].toSorted())

    const connected = await connect(device)
    await connected.checkIn({ bootId: 'boot-1', ...inParis, heldNotifications: held })
    await eventually(() =>
      expect(connected.commands).toContainEqual({ withdrawn: expect.arrayContaining([canceled, ofBatch]) }),
    )
  })

  test('is handed out again to a device that enrolled again', async () => {
    const { account, device } = await begin(inParis)
    const id = await send(account, device, { window: closed })
    await received(device, inParis)
    await device.checkIn({ bootId: 'boot-1', ...inParis, notificationStates: [{ id, state: 'held' }] })
    const again = await newDevice(platform, account, { serialnumber: device.serialnumber })
    await wake()
    expect(await received(again, inParis)).toMatchObject([{ id }])
  })
})

describe('the time of a command', () => {
  test('is not before it is asked for, and its end counts from then', async () => {
    const { account, device } = await begin()
    const notBefore = new Date(Date.now() + hourMs).toISOString()
    const id = await send(account, device, { notBefore, expiresIn: 60 })
    const queued = await read(account, id)
    expect(queued).toMatchObject({ state: 'queued', notBefore })
    expect(Date.parse(queued?.expiresAt ?? '')).toBe(Date.parse(notBefore) + 60_000)
    expect(await received(device)).toEqual([])
    await platform.database.pool.query('UPDATE notification SET not_before = now(), wakes_at = now() WHERE id = $1', [
      id,
    ])
    await wake()
    expect(await received(device)).toMatchObject([{ id }])
  })

  test('ends it while it waits', async () => {
    const { account, device } = await begin()
    const id = await send(account, device, { window: closed })
    await platform.database.pool.query('UPDATE notification SET expires_at = now() WHERE id = $1', [id])
    await platform.runJob('expire-notifications')
    expect(await read(account, id)).toMatchObject({ state: 'expired' })
    await turn(id, open)
    await wake()
    expect(await received(device)).toEqual([])
  })

  test('is the same for a batch, which says it', async () => {
    const { account, device } = await begin()
    const { data } = await account.call(notifyDevices, {
      type: 'refresh',
      target: { group: 'unassigned' },
      window: { ...closed, days: [...weekdays] },
    })
    const id = data[0] && 'id' in data[0] ? data[0].id : ''
    expect((await account.call(getBatch, { id })).data[0]).toMatchObject({ window: closed, states: { queued: 1 } })
    expect(await hasReady(device)).toBe(false)
  })

  test.each([
    [{ window: { ...closed, timezone: 'Europe/Nowhere' } }, /window\/timezone must be an IANA time zone/],
    [{ window: { ...closed, from: '25:00' } }, /must be a time from 00:00 to 23:59/],
    [{ window: closed, expiresIn: 0 }, /expiresIn must not be 0 with notBefore or window/],
    [{ window: { ...closed, days: [] } }, /days/],
  ])('%o is refused', async (input, message) => {
    const { account, device } = await begin()
    const error = await send(account, device, input).catch((error) => error)
    expect(error).toBeInstanceOf(ApiError)
    expect(error.status).toBe(400)
    expect(error.message).toMatch(message)
  })
})
