import { listAuditEntries } from '@mason/contract/audit'
import { getDevice, listDevices } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { endXraySession, getXraySession, listXraySessions, updateXraySession } from '@mason/contract/xray'
import { afterEach, describe, expect, test } from 'vitest'
import { usePlatform } from '../../../test/harness.ts'
import { endXraySides, keyOf, mustOpen, newXrayDevice, xrayUrl } from '../../../test/xray.ts'

const platform = usePlatform({ CHECKIN_SECONDS: '900', DEVICE_RATE_BURST: '100000' })
afterEach(endXraySides)

describe('whoever looks', () => {
  test('finds who was on a device, why, and what passed, in sessions, events and the audit trail', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const client = await mustOpen(`${xrayUrl(platform.url, device.id, 'adb')}?reason=Ticket%204711`, keyOf(account))
    const side = await device.join()
    side.send(Buffer.from('12345'))
    await expect.poll(() => client.bytes().length).toBe(5)
    const [session] = (await account.call(listXraySessions, { device: device.id, open: true })).data
    expect(session).toMatchObject({ actor: { kind: 'key', name: 'owner' }, reason: 'Ticket 4711', idleMinutes: 30 })
    const id = session?.id ?? ''

    const asked = await account.call(updateXraySession, { id, takeOver: true })
    expect(asked.data[0]?.takeOver).toMatchObject({ actor: { name: 'owner' } })
    expect((await account.call(updateXraySession, { id, takeOver: false })).data[0]).not.toHaveProperty('takeOver')

    await account.call(endXraySession, { id })
    expect(await client.closed).toEqual({ code: 1008, reason: 'it was ended by hand' })
    expect((await account.call(endXraySession, { id })).data[0]).toMatchObject({ endReason: 'it was ended by hand' })
    await expect(account.call(updateXraySession, { id, takeOver: true })).rejects.toMatchObject({ status: 409 })
    await expect((await platform.newAccount()).call(getXraySession, { id })).rejects.toMatchObject({ status: 404 })

    const events = await account.call(listEvents, { type: 'xray.opened' })
    expect(events.data).toMatchObject([
      { subject: { kind: 'xray', id }, data: { device: device.id, reason: 'Ticket 4711' } },
    ])
    expect((await account.call(listEvents, { type: 'xray.closed' })).data).toHaveLength(1)
    const { data: entries } = await account.call(listAuditEntries, { subject: device.id })
    expect(entries.map(({ action }) => action)).toEqual(expect.arrayContaining(['openXray', 'closeXray']))
  })

  test('sees what a device offers, and finds it by that', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account, ['vnc', 'adb'])
    expect((await account.call(getDevice, { id: device.id })).data[0]?.xray).toEqual(['adb', 'vnc'])
    const found = await account.call(listDevices, { filter: 'xray==vnc' })
    expect(found.data.map(({ id }) => id)).toEqual([device.id])
    await device.checkIn({ partial: true, xray: null })
    expect((await account.call(getDevice, { id: device.id })).data[0]).not.toHaveProperty('xray')
    await device.checkIn({ bootId: 'boot-1', xray: ['adb'] })
    await device.checkIn({ bootId: 'boot-1' })
    expect((await account.call(getDevice, { id: device.id })).data[0]).not.toHaveProperty('xray')
  })
})
