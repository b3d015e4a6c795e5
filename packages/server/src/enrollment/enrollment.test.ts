import { getDevice, listDevices, updateDevice } from '@mason/contract/device'
import { createEnrollment, deleteEnrollment, getEnrollment, listEnrollments } from '@mason/contract/enrollment'
import { createGroup, deleteGroup } from '@mason/contract/group'
import { describe, expect, test } from 'vitest'
import { newDevice } from '../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../test/harness.ts'

const platform = usePlatform()

async function newToken(account: TestAccount, input: Record<string, unknown> = {}) {
  const {
    data: [made],
  } = await account.call(createEnrollment, input)
  return { id: made?.id ?? '', token: made?.token ?? '', qr: made?.qr ?? '' }
}

describe('an enrolment token', () => {
  test('is shown once, with what a QR code needs', async () => {
    const account = await platform.newAccount()
    const { id, token, qr } = await newToken(account, {
      note: 'shop 7',
      maxUses: 5,
      expiresAt: '2999-01-01T01:00:00+01:00',
    })
    const bundle = JSON.parse(qr)
    expect(bundle['android.app.extra.PROVISIONING_ADMIN_EXTRAS_BUNDLE']).toEqual({ server: platform.url, token })
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

describe('a device that enrols again', () => {
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
