import { createApiKey } from '@mason/contract/apikey'
import { getDevice, listDevices, updateDevice } from '@mason/contract/device'
import { createEnrollment, deleteEnrollment, getEnrollment, listEnrollments } from '@mason/contract/enrollment'
import { listEvents } from '@mason/contract/event'
import { createGroup, deleteGroup } from '@mason/contract/group'
import { getNotification, notifyDevice } from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import { describe, expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { startPlatform, type TestAccount, usePlatform } from '../../../test/harness.ts'
import { connectDevice } from '../../../test/mqtt-device.ts'

const platform = usePlatform()

async function newToken(account: TestAccount, input: Record<string, unknown> = {}) {
  const {
    data: [made],
  } = await account.call(createEnrollment, input)
  return { id: made?.id ?? '', token: made?.token ?? '' }
}

describe('an enrollment token', () => {
  test('is shown once', async () => {
    const account = await platform.newAccount()
    const { id, token } = await newToken(account, {
      note: 'shop 7',
      maxUses: 5,
      expiresAt: '2999-01-01T01:00:00+01:00',
    })
    const {
      data: [read],
    } = await account.call(getEnrollment, { id })
    expect(read).toEqual({
      id,
      self: `/v1/default/enrollment/${id}`,
      group: 'unassigned',
      uses: 0,
      maxUses: 5,
      note: 'shop 7',
      kind: 'mason',
      expiresAt: '2999-01-01T00:00:00.000Z',
      createdAt: expect.any(String),
    })
    expect((await account.call(listEnrollments)).data).toEqual([read])
    await account.call(deleteEnrollment, { id })
    await expect(newDevice(platform, account, { token })).rejects.toMatchObject({
      status: 401,
      type: 'authentication_error',
    })
  })

  test('lets in no more devices than its limit, however many come at once', async () => {
    const account = await platform.newAccount()
    const { id, token } = await newToken(account, { maxUses: 3 })
    const joins = await Promise.allSettled(Array.from({ length: 8 }, () => newDevice(platform, account, { token })))
    expect(joins.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect((await account.call(listDevices)).data).toHaveLength(3)
    expect((await account.call(getEnrollment, { id })).data[0]?.uses).toBe(3)
  })

  test('lets in a newer agent that says more than this server knows', async () => {
    const account = await platform.newAccount()
    const { token } = await newToken(account)
    const request = { token, serialnumber: 'SN-newer', family: 'D450', bootId: 'b', security: { patch: '2026-11' } }
    const answer = await platform.fetch('/agent/v1/enroll', { method: 'POST', body: JSON.stringify(request) })
    expect(answer.status).toBe(200)
  })

  test('that is expired, past its time or unknown lets nobody in', async () => {
    const account = await platform.newAccount()
    const { id, token } = await newToken(account)
    await platform.database.pool.query("UPDATE enrollment SET expires_at = now() - interval '1 second' WHERE id = $1", [
      id,
    ])
    await expect(newDevice(platform, account, { token })).rejects.toMatchObject({ status: 401 })
    await expect(newDevice(platform, account, { token: 'enroll_guess' })).rejects.toMatchObject({ status: 401 })
    await expect(newToken(account, { expiresAt: '2020-01-01T00:00:00Z' })).rejects.toMatchObject({
      status: 400,
      errors: [{ path: '/expiresAt' }],
    })
    await expect(newToken(account, { group: 'none' })).rejects.toMatchObject({ status: 404 })
  })

  test('falls back to unassigned when its group is deleted', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const { token } = await newToken(account, { group: 'tills' })
    await account.call(deleteGroup, { name: 'tills' })
    const { id } = await newDevice(platform, account, { token })
    expect((await account.call(getDevice, { id })).data[0]?.group.name).toBe('unassigned')
  })
})

describe('a device that enrolls again', () => {
  test('keeps id, name, group and history, and its old secret dies', async () => {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const { id: tokenId, token } = await newToken(account, { maxUses: 1 })
    const before = await newDevice(platform, account, { token, name: 'First' })
    await before.checkIn({ battery: { level: '50' } })
    await account.call(updateDevice, { id: before.id, name: 'Till 1', group: 'tills' })
    const after = await newDevice(platform, account, { token, serialnumber: before.serialnumber, name: 'Other' })
    expect(after.id).toBe(before.id)
    expect(after.secret).not.toBe(before.secret)
    await expect(before.checkIn()).rejects.toMatchObject({ status: 401 })
    await after.checkIn({ partial: true })
    expect((await account.call(getDevice, { id: after.id })).data[0]).toMatchObject({
      name: 'Till 1',
      group: { name: 'tills' },
      battery: { level: '50' },
    })
    expect((await account.call(getEnrollment, { id: tokenId })).data[0]?.uses).toBe(1)
  })

  test('many times at once is one device', async () => {
    const account = await platform.newAccount()
    const { token } = await newToken(account)
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => newDevice(platform, account, { token, serialnumber: 'SN-same' })),
    )
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    const live = await Promise.allSettled(answers.map((device) => device.checkIn()))
    expect(live.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('in another account is another device', async () => {
    const [one, other] = [await platform.newAccount(), await platform.newAccount()]
    const [a, b] = [
      await newDevice(platform, one, { serialnumber: 'SN-1' }),
      await newDevice(platform, other, { serialnumber: 'SN-1' }),
    ]
    expect(a.id).not.toBe(b.id)
    await expect(other.call(getDevice, { id: a.id })).rejects.toMatchObject({ status: 404 })
  })

  test('as another family is refused', async () => {
    const account = await platform.newAccount()
    const { serialnumber } = await newDevice(platform, account, { family: 'D450' })
    await expect(newDevice(platform, account, { serialnumber, family: 'W1' })).rejects.toMatchObject({ status: 409 })
  })
})

describe('the QR code of a token', () => {
  test('is there only where an Android agent is configured, and else what is missing', async () => {
    const account = await platform.newAccount()
    const [made] = (await account.call(createEnrollment, {})).data
    expect(made).not.toHaveProperty('qr')
    expect(made?.qrMissing).toEqual(['ANDROID_AGENT_URL', 'ANDROID_AGENT_CHECKSUM'])
    const agent = await startPlatform({
      ANDROID_AGENT_URL: 'https://mason.example/agent.apk',
      ANDROID_AGENT_CHECKSUM: 'I5YvS0O5hXY46mb01BlRjq4oJJGs2kuUcHvVkAPEXlg',
    })
    try {
      const owner = await agent.newAccount()
      const [withQr] = (await owner.call(createEnrollment, {})).data
      expect(withQr).not.toHaveProperty('qrMissing')
      const bundle = JSON.parse(withQr?.qr ?? '')
      expect(bundle['android.app.extra.PROVISIONING_ADMIN_EXTRAS_BUNDLE']).toEqual({
        server: agent.url,
        token: withQr?.token,
      })
    } finally {
      await agent.stop()
    }
  })
})

describe('the identity of a device', () => {
  test('is no serial number that many devices share', async () => {
    const account = await platform.newAccount()
    const { token } = await newToken(account)
    const shared = [
      ...[
        'unknown',
        'UNKNOWN',
        'Un Known',
        'none',
        'null',
        'N/A',
        'n / a',
        'android',
        'default',
        'Default string',
        'serial',
      ],
      ...[
        '0123456789ABCDEF',
        '01 23 45 67 89',
        '1234567890',
        '12345678',
        '1234567812345678',
        '123456789012',
        '87654321',
      ],
      ...['0', '00000000', '00:00:00:00:00:00', 'FFFFFFFF', 'xxxxxxxxxx', '---', '?', 'To be filled by O.E.M.', 'S/N'],
      ...['System Serial Number', 'Not Specified', 'unknown_serial', 'EMULATOR31X2X10X0', 'permission denied'],
    ]
    for (const serialnumber of shared)
      await expect(newDevice(platform, account, { token, serialnumber }), serialnumber).rejects.toMatchObject({
        status: 400,
        errors: [{ path: '/serialnumber' }],
      })
    for (const serialnumber of ['MSN450-000123', 'R58M12ABCDE', '0123456789ABCDEG', 'moses', 'S1', '12340000', 'A0A0'])
      await newDevice(platform, account, { token, serialnumber })
  })

  test('with another IMEI is a conflict, unless the token allows to take over', async () => {
    const account = await platform.newAccount()
    const first = await newDevice(platform, account, { imei: '356938035643809' })
    const { serialnumber } = first
    const other = { serialnumber, imei: '490154203237518' }
    await expect(newDevice(platform, account, other)).rejects.toMatchObject({ status: 409 })
    expect((await first.checkIn()).notifications).toEqual([])
    const [wipe] = (await account.call(notifyDevice, { id: first.id, type: 'wipe' })).data
    await first.checkIn()
    const { id, token } = await newToken(account, { allowTakeover: true })
    expect((await account.call(getEnrollment, { id })).data[0]?.allowTakeover).toBe(true)
    const second = await newDevice(platform, account, { token, ...other })
    expect(second.id).toBe(first.id)
    await expect(first.checkIn()).rejects.toMatchObject({ status: 401 })
    expect((await account.call(getDevice, { id: first.id })).data[0]?.imei).toBe('490154203237518')
    expect((await account.call(getNotification, { id: wipe?.id ?? '' })).data[0]?.state).toBe('sent')
    const events = (await account.call(listEvents, { device: first.id, type: 'device.' })).data.map(({ type }) => type)
    expect(events).toEqual(['device.enrolled', 'device.reenrolled'])
    // Whoever does not say its IMEI contradicts nobody, nor does a modem that is off.
    await newDevice(platform, account, { serialnumber })
    await newDevice(platform, account, { serialnumber, imei: '000000000000000' })
    expect((await account.call(getDevice, { id: first.id })).data[0]?.imei).toBe('490154203237518')
  })
})

describe('two devices with one credential', () => {
  test.each([
    ['boots', { bootId: 'boot-a' }, { bootId: 'boot-b' }],
    ['IMEIs', { imei: '356938035643809' }, { imei: '490154203237518' }],
  ])('are a conflict, once, when their %s alternate', async (_, one, other) => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const conflict = async () => (await account.call(getDevice, { id: device.id })).data[0]?.conflict
    const events = async () =>
      (await account.call(listEvents, { device: device.id, type: 'device.conflict' })).data.length
    const send = (report: object) => device.checkIn({ bootId: 'boot-a', ...report })
    for (const report of [one, other, other]) await send(report)
    expect(await conflict()).toBeUndefined()
    for (const report of [one, other, one]) await send(report)
    expect([await conflict(), await events()]).toEqual([true, 1])
    const [reboot] = (await account.call(notifyDevice, { id: device.id, type: 'reboot' })).data
    await send(one)
    await device.checkIn({ ...other, bootId: 'boot-c' })
    expect((await account.call(getNotification, { id: reboot?.id ?? '' })).data[0]?.state).toBe('sent')
    await account.call(updateDevice, { id: device.id, conflict: false })
    expect(await conflict()).toBeUndefined()
    await send({ ...other, bootId: 'boot-d' })
    expect([await conflict(), await events()]).toEqual([undefined, 1])
    expect((await account.call(getNotification, { id: reboot?.id ?? '' })).data[0]?.state).toBe('succeeded')
  })

  test('are not what a device is that reboots, or whose report is sent again over MQTT', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    for (const bootId of ['a', 'b', 'c', 'd']) await device.checkIn({ bootId })
    const connected = await connectDevice(device.mqtt?.url ?? '', device)
    await connected.client.publishAsync(`devices/${device.id}/checkin`, '{"bootId":"a"}', { qos: 1, dup: true })
    await connected.leave()
    await device.checkIn({ bootId: 'd' })
    expect((await account.call(getDevice, { id: device.id })).data[0]?.conflict).toBeUndefined()
  })

  test('are ended as one by who may manage the fleet', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const [mover] = (await account.call(createApiKey, { name: 'mover', scopes: ['fleet:move'] })).data
    const limited = createClient({ baseUrl: platform.url, key: mover?.key ?? '', maxRetries: 0 })
    await expect(limited.call(updateDevice, { id: device.id, conflict: false })).rejects.toMatchObject({ status: 403 })
  })
})
