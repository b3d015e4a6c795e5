import type { Checkin } from '@mason/contract/checkin'
import { registerSim } from '@mason/contract/sim'
import { dayMs } from '@mason/contract/time'
import { compareSimUsage } from '@mason/contract/usage'
import { expect, it } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { newIccid } from '../../../test/unique.ts'

const platform = usePlatform()
const today = Math.floor(Date.now() / dayMs) * dayMs
const time = (days: number) => new Date(today + days * dayMs).toISOString()
const start = time(-10)
const end = time(1)

const report = (iccids: string[], until: number, bytesSent: number): Checkin => ({
  bootId: 'b',
  connection: {
    sim: iccids.map((iccid) => ({ iccid })),
    dataUsage: {
      usageCycles: [
        { startTime: time(-3), endTime: time(until), usages: [{ type: 'mobile', bytesReceived: 10, bytesSent }] },
      ],
    },
  },
})

it('shows what the carrier and the device have counted side by side', async () => {
  const account = await platform.newAccount()
  const [iccid, other] = [newIccid(), newIccid()]
  for (const each of [iccid, other]) await account.call(registerSim, { iccid: each })
  const device = await newDevice(platform, account)
  await device.checkIn(report([iccid], -2, 100))
  await device.checkIn(report([iccid], -2, 100))
  await device.checkIn(report([iccid], -1, 150))
  // It does not say which of the two it used.
  await device.checkIn(report([iccid, other], -0.75, 170))
  await device.checkIn({ bootId: 'b' })
  await device.checkIn(report([iccid], -0.5, 180))
  const records = [{ id: '1', iccid, start: time(-4), end: time(-2), upload: 200, download: 20 }]
  await platform.fetch('/v1/default/usage', { method: 'POST', key: account.key, body: JSON.stringify({ records }) })

  const date = (days: number) => `${time(days).slice(0, 10)}T00:00:00Z`
  const { data } = await account.call(compareSimUsage, { iccid, start, end })
  expect(data).toEqual([
    { date: date(-4), carrier: { upload: 100, download: 10, total: 110 } },
    {
      date: date(-3),
      carrier: { upload: 100, download: 10, total: 110 },
      device: { upload: 100, download: 10, total: 110 },
    },
    { date: date(-2), device: { upload: 50, download: 0, total: 50 } },
    { date: date(-1), device: { upload: 30, download: 0, total: 30 } },
  ])
  expect((await account.call(compareSimUsage, { iccid: other, start, end })).data).toEqual([])
  await expect(account.call(compareSimUsage, { iccid: newIccid(), start, end })).rejects.toMatchObject({ status: 404 })
})

it('names the sources of what the carrier has counted', async () => {
  const account = await platform.newAccount()
  const iccid = newIccid()
  await account.call(registerSim, { iccid })
  const day = time(-1).slice(0, 10)
  const records = [
    { id: '1', iccid, start: time(-1), upload: 1, download: 2 },
    { source: 'b', iccid, day, upload: 30, download: 40 },
    { source: 'a', id: '2', iccid, start: time(-1), upload: 500, download: 600 },
    { id: '3', iccid, start: time(-2), upload: 7, download: 8 },
  ]
  await platform.fetch('/v1/default/usage', { method: 'POST', key: account.key, body: JSON.stringify({ records }) })
  const usage = (upload: number, download: number) => ({ upload, download, total: upload + download })
  const { data } = await account.call(compareSimUsage, { iccid, start, end })
  expect(data).toEqual([
    { date: `${time(-2).slice(0, 10)}T00:00:00Z`, carrier: usage(7, 8) },
    {
      date: `${day}T00:00:00Z`,
      carrier: usage(531, 642),
      sources: [{ source: 'a', ...usage(500, 600) }, { source: 'b', ...usage(30, 40) }, usage(1, 2)],
    },
  ])
})

it('withstands counts beyond all measure, SIMs that are unknown, and many devices at once', async () => {
  const account = await platform.newAccount()
  const iccid = newIccid()
  await account.call(registerSim, { iccid })
  const devices = await Promise.all(Array.from({ length: 6 }, () => newDevice(platform, account)))
  for (const until of [-2, -1]) {
    await Promise.all(devices.map((device) => device.checkIn(report([iccid], until, Number.MAX_SAFE_INTEGER))))
    await Promise.all(devices.map((device) => device.checkIn(report([newIccid()], until + 0.1, 7))))
  }
  const { data } = await account.call(compareSimUsage, { iccid, start, end })
  expect(data.every(({ device }) => device && device.upload <= Number.MAX_SAFE_INTEGER && device.total > 0)).toBe(true)
})
