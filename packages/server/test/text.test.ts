import { listDevices } from '@mason/contract/device'
import { notifyDevices } from '@mason/contract/notification'
import { listSims, registerSim } from '@mason/contract/sim'
import { getUsage } from '@mason/contract/usage'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newDevice } from './factories.ts'
import { usePlatform } from './harness.ts'
import { newIccid } from './unique.ts'

// Whatever a name is, each start of it finds it, in any letter case and normal form.

const platform = usePlatform()

const letters = [..."aZ1 %_\\'-éÉßẞıİiΣσςΐŉǰﬁÅçñДґ家ＡẛΩ"].concat(['é', 'i̇', 'ᾈ', '👩🏽‍🚒'])
const names = fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''))

const cases = fc.constantFrom(
  (text: string) => text,
  (text: string) => text.toUpperCase(),
  (text: string) => text.toLowerCase(),
  (text: string) => text.toUpperCase().toLowerCase(),
)
const forms = fc.constantFrom('NFC', 'NFD' as const)
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const startsOf = (name: string) =>
  [...segmenter.segment(name)].map(({ index, segment }) => name.slice(0, index + segment.length))

test('of a device and of a SIM', async () => {
  const account = await platform.newAccount()
  await fc.assert(
    fc.asyncProperty(names, forms, cases, forms, fc.nat(), async (name, kept, inCase, asked, at) => {
      fc.pre(name.trim() !== '')
      const { id } = await newDevice(platform, account, { name: name.normalize(kept) })
      const iccid = newIccid()
      await account.call(registerSim, { iccid, name: name.normalize(kept) })
      const starts = startsOf(name)
      const n = inCase(starts[at % starts.length] ?? '').normalize(asked)
      const devices = (await account.call(listDevices, { n, limit: 1000 })).data
      expect(devices.map((device) => device.id)).toContain(id)
      const sims = (await account.call(listSims, { n, limit: 1000 })).data
      expect(sims.map((sim) => sim.iccid)).toContain(iccid)
    }),
    { numRuns: 60 },
  )
})

test('and composed or not, an exact name and the value of a marker are the same', async () => {
  const account = await platform.newAccount()
  const { call } = account
  const [composed, apart] = ['Café', 'Café']
  const { id } = await newDevice(platform, account, { name: apart })
  await call(registerSim, { iccid: newIccid(), markers: [{ key: 'site', value: apart }] })
  for (const word of [composed, apart]) {
    const filter = { name: word }
    expect((await call(listDevices, filter)).data.map((device) => device.id)).toEqual([id])
    const reach = await call(notifyDevices, { type: 'refresh', target: { filter }, dryRun: true })
    expect(reach.data[0]?.total).toBe(1)
    expect((await call(listSims, { marker: `site:${word}` })).data).toHaveLength(1)
    const { data } = await call(getUsage, { date: '2026-11-01', marker: `site:${word}` })
    expect(data[0]?.marker?.value).toBe(composed)
  }
})
