import { deleteDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { getSim, listSims, registerSim, updateSim } from '@mason/contract/sim'
import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { newIccid } from '../../../test/unique.ts'

const platform = usePlatform()

const reporting = (...iccids: string[]) => ({ connection: { sim: iccids.map((iccid) => ({ iccid })) } })
const deviceOf = async (account: TestAccount, iccid: string) =>
  (await account.call(getSim, { iccid })).data[0]?.device?.id
const told = async (account: TestAccount, type: string) =>
  (await account.call(listEvents, { type })).data.map(({ data }) => data)

test('a SIM is tied to the device that reports it, and each move is an event of the device', async () => {
  const account = await platform.newAccount()
  const [first, second] = [await newDevice(platform, account), await newDevice(platform, account)]
  const iccid = newIccid()
  await account.call(registerSim, { iccid })
  await first.checkIn(reporting(`${iccid}F`))
  await first.checkIn(reporting(iccid))
  await first.checkIn({ partial: true, battery: { level: '5' } })
  expect(await deviceOf(account, iccid)).toBe(first.id)
  expect((await account.call(listSims, { device: first.id })).data).toHaveLength(1)
  await second.checkIn(reporting(newIccid(), iccid))
  expect(await deviceOf(account, iccid)).toBe(second.id)
  // The first one still says that it has it: so it is again there when the second says no more.
  await second.checkIn(reporting())
  expect(await deviceOf(account, iccid)).toBe(first.id)
  await account.call(deleteDevice, { id: first.id })
  expect(await deviceOf(account, iccid)).toBeUndefined()
  expect(await told(account, 'sim.device')).toEqual([
    { to: first.id },
    { from: first.id, to: second.id },
    { from: second.id, to: first.id },
    { from: first.id },
  ])
  expect((await account.call(listEvents, { device: second.id, type: 'sim.device' })).data).not.toEqual([])
})

test('a SIM that a device reports already is tied when it is registered, in its own account only', async () => {
  const [account, other] = [await platform.newAccount(), await platform.newAccount()]
  const device = await newDevice(platform, account)
  const iccid = newIccid()
  await device.checkIn(reporting(iccid))
  for (const { call } of [account, other]) await call(registerSim, { iccid })
  expect(await deviceOf(account, iccid)).toBe(device.id)
  expect(await deviceOf(other, iccid)).toBeUndefined()
  expect(await told(account, 'sim.registered')).toEqual([{ carrier: 'manual', device: device.id }])
})

test('registered and reported at the same time it is tied all the same', async () => {
  const account = await platform.newAccount()
  const devices = await Promise.all(Array.from({ length: 12 }, () => newDevice(platform, account)))
  const iccids = devices.map(newIccid)
  await Promise.all([
    ...iccids.map((iccid) => account.call(registerSim, { iccid })),
    ...devices.map((device, index) => device.checkIn(reporting(iccids[index] ?? ''))),
  ])
  for (const [index, { id }] of devices.entries()) expect(await deviceOf(account, iccids[index] ?? '')).toBe(id)
})

test('a SIM in a device that it is not locked to is told once for each violation', async () => {
  const account = await platform.newAccount()
  const [own, foreign] = ['356938035643809', '490154203237518']
  const device = await newDevice(platform, account)
  const iccid = newIccid()
  await account.call(registerSim, { iccid })
  await account.call(updateSim, { iccid, imeiLock: own })
  const violations = () => told(account, 'sim.imei_lock')
  await device.checkIn({ imei: own, ...reporting(iccid) })
  expect(await violations()).toEqual([])
  await device.checkIn({ imei: foreign, ...reporting(iccid) })
  await device.checkIn({ imei: foreign, ...reporting(iccid) })
  await device.checkIn({ imei: foreign, ...reporting(iccid, newIccid()) })
  expect(await violations()).toEqual([{ device: device.id, imei: foreign, imeiLock: own }])
  await account.call(updateSim, { iccid, imeiLock: foreign })
  expect(await violations()).toHaveLength(1)
  await account.call(updateSim, { iccid, imeiLock: own })
  await account.call(updateSim, { iccid, imeiLock: own })
  expect(await violations()).toHaveLength(2)
})
