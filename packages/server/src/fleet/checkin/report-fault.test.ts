import { listEvents } from '@mason/contract/event'
import { getNotification, notifyDevice } from '@mason/contract/notification'
import { describe, expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { useMqttDevices } from '../../../test/mqtt-device.ts'
import { plainReport as known, readDevice as read, sendReport } from '../../../test/reports.ts'

const platform = usePlatform()
const connect = useMqttDevices()

describe('a report fault', () => {
  test('is an event when it begins, and an entry until the member reads well again', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const send = (report: object) => sendReport(platform, device, report)
    const paths = async () => (await read(account, device.id)).reportFaults?.map(({ path }) => path)
    const events = async () =>
      (await account.call(listEvents, { device: device.id, type: 'device.report_fault' })).data.map(
        ({ data }) => data.path,
      )
    await send({ ...known, battery: { level: 'x' } })
    const [first] = (await read(account, device.id)).reportFaults ?? []
    await send({ ...known, battery: { level: 'y' }, newer: 1 })
    expect((await read(account, device.id)).reportFaults?.[0]).toEqual(first)
    expect(await paths()).toEqual(['/battery/level', '/newer'])
    expect(await events()).toEqual(['/battery/level', '/newer'])
    await send({ partial: true, os: null })
    expect(await paths()).toEqual(['/battery/level', '/newer'])
    await send({ partial: true, battery: { level: '3' } })
    expect(await paths()).toEqual(['/newer'])
    await send(known)
    expect(await paths()).toBeUndefined()
    await send({ ...known, battery: { level: 'x' } })
    expect(await events()).toEqual(['/battery/level', '/newer', '/battery/level'])
  })

  test('comes by MQTT too, and the connection goes on', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const connected = await connect(device)
    await connected.checkIn({ battery: { level: 'full' }, os: known.os } as never)
    const [command] = (await account.call(notifyDevice, { id: device.id, type: 'application' })).data
    await connected.next()
    await connected.answer({ id: command?.id ?? '' }, { state: 'exploded' } as never)
    await connected.answer({ id: command?.id ?? '' }, { state: 'Failed', reason: 'x'.repeat(500), newer: 1 } as never)
    expect(await read(account, device.id)).toMatchObject({ os: known.os, reportFaults: [{ path: '/battery/level' }] })
    expect((await account.call(getNotification, { id: command?.id ?? '' })).data[0]?.state).toBe('failed')
  })
})
