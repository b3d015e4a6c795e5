import { listDevices } from '@mason/contract/device'
import { lookUpDevices } from '@mason/contract/lookup'
import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()

test('devices are found by what people write for them, in the order of the list', async () => {
  const [account, other] = [await platform.newAccount(), await platform.newAccount()]
  const till = await newDevice(platform, account, { name: 'Till Ä 1', serialnumber: 'SN-1', imei: '356938035643809' })
  const kiosk = await newDevice(platform, account, { name: 'SN-1', serialnumber: 'sn-2' })
  await kiosk.checkIn({ connection: { sim: [{ iccid: '8988303000000614224' }] } })
  await newDevice(platform, other, { name: 'Elsewhere', serialnumber: 'SN-3', imei: '490154203237518' })
  const written = {
    'SN-1': till,
    ' sn-1 ': till,
    'SN-2': kiosk,
    '35 693803 564380 9': till,
    '35693803564380': till,
    '3569380356438042': till,
    '8988 3030 0000 0614 224F': kiosk,
    [till.id.toUpperCase()]: till,
    'till ä 1': till,
    'SN-3': undefined,
    '490154203237518': undefined,
    'nobody has this': undefined,
  }
  const { data } = await account.call(lookUpDevices, { identifiers: Object.keys(written) })
  expect(data.map(({ identifier, device }) => [identifier, device?.id])).toEqual(
    Object.entries(written).map(([identifier, device]) => [identifier, device?.id]),
  )
  expect(data[0]).toEqual({
    identifier: 'SN-1',
    device: { id: till.id, self: `/v1/default/device/${till.id}`, name: 'Till Ä 1', serialnumber: 'SN-1' },
  })
  expect(data.at(-1)).toEqual({ identifier: 'nobody has this' })
})

test('what several devices have is ambiguous, unless one has it letter for letter', async () => {
  const account = await platform.newAccount()
  const [first, second] = [
    await newDevice(platform, account, { name: 'Till', imei: '356938035643809' }),
    await newDevice(platform, account, { name: 'TILL', imei: '356938035643809' }),
  ]
  await newDevice(platform, account, { name: 'Door' })
  await newDevice(platform, account, { name: 'Door' })
  const identifiers = ['Till', 'TILL', 'till', 'Door', '356938035643809', 'Till']
  const { data } = await account.call(lookUpDevices, { identifiers })
  expect(data.map(({ device, ambiguous }) => device?.id ?? ambiguous)).toEqual([
    first.id,
    second.id,
    true,
    true,
    true,
    first.id,
  ])
  expect(data[3]).toEqual({ identifier: 'Door', ambiguous: true })
})

test('a thousand identifiers are looked up at once, and not one more', async () => {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account)
  const identifiers = Array.from({ length: 1_000 }, (_, index) => (index === 999 ? id : `SN-${index}`))
  const { data } = await account.call(lookUpDevices, { identifiers })
  expect(data).toHaveLength(1_000)
  expect(data.at(-1)?.device?.id).toBe(id)
  for (const wrong of [[...identifiers, 'x'], [], ['']])
    await expect(account.call(lookUpDevices, { identifiers: wrong })).rejects.toMatchObject({ status: 400 })
  expect((await account.call(listDevices)).data).toHaveLength(1)
})
