import { getDevice } from '@mason/contract/device'
import { createGroup } from '@mason/contract/group'
import type { NewNotification } from '@mason/contract/notification'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { useMqttDevices } from '../../../test/mqtt-device.ts'
import { readNotification as read, send } from '../../../test/notifications.ts'

const platform = usePlatform()
const connect = useMqttDevices()

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
    await eventually(async () => expect((await read(account, id))?.state).toBe('succeeded'))
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
