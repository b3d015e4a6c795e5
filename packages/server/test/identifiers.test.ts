import { getDevice, listDevices } from '@mason/contract/device'
import { createExport, getExport, type NewExport } from '@mason/contract/export'
import { withLuhnDigit } from '@mason/contract/identifiers'
import { notifyDevices } from '@mason/contract/notification'
import { deleteMarker, getSim, listSims, putMarker, registerSim, updateSim } from '@mason/contract/sim'
import { compareSimUsage, getSimUsage, getSimUsageSeries, listSimUsage } from '@mason/contract/usage'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { newDevice, type TestDevice } from './factories.ts'
import { type TestAccount, usePlatform } from './harness.ts'

// However an identifier is written, every door that takes one finds the same thing.

const platform = usePlatform()

const gaps = fc.constantFrom('', '', '', ' ', '-', '\u00a0', '\u2011', '\u200b')
const guards = fc.constantFrom(
  (text: string) => text,
  (text: string) => `'${text}`,
  (text: string) => `="${text}"`,
)

/** The ways in which the same is written. */
const written = (text: string, tails: fc.Arbitrary<string> = fc.constant('')) =>
  fc
    .tuple(fc.array(gaps, { minLength: text.length, maxLength: text.length }), tails, fc.boolean(), guards)
    .map(([between, tail, isLower, guard]) => {
      const spread = [...text].map((digit, index) => between[index] + digit).join('') + tail
      return guard(isLower ? spread.toLowerCase() : spread)
    })

const days = { start: '2026-11-01', end: '2026-11-03' }
const date = '2026-11-01'

async function exportedRows(account: TestAccount, what: NewExport) {
  const { data } = await account.call(createExport, what)
  return eventually(async () => {
    const shown = (await account.call(getExport, { id: data[0]?.id ?? '' })).data[0]
    expect(shown?.state).toBe('succeeded')
    return shown?.rows
  })
}

async function ingest(account: TestAccount, body: string, type: string) {
  const answer = await platform.fetch('/v1/default/usage', {
    method: 'POST',
    key: account.key,
    body,
    headers: { 'content-type': type },
  })
  return (await answer.json()) as { data: [{ accepted: number; duplicates: number }] }
}

interface Subject {
  account: TestAccount
  device: TestDevice
  iccid: string
}

/** Every door that takes an ICCID; each finds the one SIM, the one device and the one record. */
const doors: Readonly<Record<string, (text: string, subject: Subject) => Promise<void>>> = {
  sim: async (text, { account, iccid }) => {
    expect((await account.call(getSim, { iccid: text })).data[0]?.iccid).toBe(iccid)
  },
  change: async (text, { account, iccid }) => {
    expect((await account.call(updateSim, { iccid: text, name: 'x' })).data[0]?.iccid).toBe(iccid)
  },
  markers: async (text, { account, iccid }) => {
    expect((await account.call(putMarker, { iccid: text, key: 'a', value: 'b' })).data[0]?.iccid).toBe(iccid)
    expect((await account.call(deleteMarker, { iccid: text, key: 'a' })).data[0]?.iccid).toBe(iccid)
  },
  report: async (text, { account, device, iccid }) => {
    await device.checkIn({ bootId: 'b', connection: { sim: [{ iccid: text }] } })
    expect((await account.call(getSim, { iccid })).data[0]?.device?.id).toBe(device.id)
  },
  registration: async (text, { account }) => {
    await expect(account.call(registerSim, { iccid: text, checkDigit: 'ignore' })).rejects.toMatchObject({
      status: 409,
    })
  },
  usage: async (text, { account, iccid }) => {
    expect((await account.call(getSimUsage, { iccid: text, date })).data[0]?.sim).toEqual({ iccid })
    expect((await account.call(getSimUsageSeries, { iccid: text, ...days })).data[0]?.sim).toEqual({ iccid })
    expect((await account.call(compareSimUsage, { iccid: text, ...days })).data).toHaveLength(1)
  },
  'page keys': async (text, { account, iccid }) => {
    expect((await account.call(listSims, { after: text })).data.map((sim) => sim.iccid)).not.toContain(iccid)
    expect((await account.call(listSimUsage, { date, before: text })).data.map(({ sim }) => sim)).not.toContain(iccid)
  },
  search: async (text, { account, iccid }) => {
    expect((await account.call(listSims, { n: text })).data.map((sim) => sim.iccid)).toEqual([iccid])
  },
  'device filter': async (text, { account, device }) => {
    expect((await account.call(listDevices, { iccid: text })).data.map(({ id }) => id)).toEqual([device.id])
  },
  'target of a command': async (text, { account }) => {
    const target = { filter: { iccid: text } }
    expect((await account.call(notifyDevices, { type: 'refresh', target, dryRun: true })).data[0]?.total).toBe(1)
  },
  exports: async (text, { account }) => {
    expect(await exportedRows(account, { kind: 'device', format: 'csv', iccid: text })).toBe(1)
    expect(await exportedRows(account, { kind: 'sim', format: 'csv', n: text })).toBe(1)
    expect(await exportedRows(account, { kind: 'usage', format: 'csv', iccid: text, ...days })).toBe(1)
  },
  'usage records': async (text, { account }) => {
    const record = { id: '1', iccid: text, start: `${date}T00:00:00Z`, upload: 1, download: 2 }
    const cells = Object.values({ ...record, iccid: `"${text.replaceAll('"', '""')}"` })
    for (const [body, type] of [
      [JSON.stringify({ records: [record] }), 'application/json'],
      [JSON.stringify(record), 'application/x-ndjson'],
      [`id,iccid,start,upload,download\n${cells.join(',')}`, 'text/csv'],
    ] as const)
      expect((await ingest(account, body, type)).data[0]).toMatchObject({ accepted: 0, duplicates: 1 })
  },
}

const filled = fc.constantFrom('', 'F', 'FF', 'f')
const cards = fc.constantFrom(
  '898830300000061422',
  '8988303000000614224',
  '89883030000006142245',
  '898600B5192271000001',
)

const subjects = new Map<string, Promise<Subject>>()

/** An account with a SIM of the card, a device that reports it, and a record of it. */
function subjectOf(card: string): Promise<Subject> {
  const known = subjects.get(card) ?? newSubject(card)
  subjects.set(card, known)
  return known
}

async function newSubject(card: string): Promise<Subject> {
  const account = await platform.newAccount()
  const { data } = await account.call(registerSim, { iccid: card, checkDigit: 'ignore' })
  const device = await newDevice(platform, account)
  await device.checkIn({ bootId: 'b', connection: { sim: [{ iccid: card }] } })
  const record = { id: '1', iccid: card, start: `${date}T00:00:00Z`, upload: 1, download: 2 }
  const sent = await ingest(account, JSON.stringify({ records: [record] }), 'application/json')
  expect(sent.data[0]).toMatchObject({ accepted: 1 })
  return { account, device, iccid: data[0]?.iccid ?? '' }
}

describe('an ICCID', () => {
  const forms = cards.chain((card) => fc.tuple(fc.constant(card), written(card, filled)))

  test.each(Object.entries(doors))('names the same SIM at the door “%s”', async (_name, door) => {
    await fc.assert(
      fc.asyncProperty(forms, async ([card, text]) => door(text, await subjectOf(card))),
      { numRuns: 10 },
    )
  })

  test('of 18 digits and of 19 is one card, whichever was registered first', async () => {
    const [short, whole] = ['898830300000061423', withLuhnDigit('898830300000061423')]
    for (const [first, second] of [
      [short, whole],
      [whole, short],
    ] as const) {
      const account = await platform.newAccount()
      await account.call(registerSim, { iccid: first })
      await expect(account.call(registerSim, { iccid: second })).rejects.toMatchObject({ status: 409 })
      for (const iccid of [short, whole]) expect((await account.call(getSim, { iccid })).data[0]?.iccid).toBe(whole)
      expect((await account.call(listSims, { n: short })).data).toHaveLength(1)
    }
  })

  test('of other digits is another card', async () => {
    const account = await platform.newAccount()
    const others = ['8988303000000614224', '8988303000000614225', '89883030000006142245', '89883030000006142A']
    for (const iccid of others) await account.call(registerSim, { iccid, checkDigit: 'ignore' })
    expect((await account.call(listSims)).data).toHaveLength(others.length)
  })

  test('with a wrong check digit is registered only when that is said', async () => {
    const account = await platform.newAccount()
    for (const iccid of ['8988303000000614225', '89883030000006142240'])
      await expect(account.call(registerSim, { iccid })).rejects.toMatchObject({
        status: 400,
        errors: [{ path: '/iccid', message: expect.stringContaining('check digit') }],
      })
    const { data } = await account.call(registerSim, { iccid: '8988303000000614225', checkDigit: 'ignore' })
    expect(data[0]).toMatchObject({ iccid: '8988303000000614225' })
  })
})

describe('an IMEI', () => {
  test('is the same at enrollment and in reports, however it is written', async () => {
    const account = await platform.newAccount()
    const imei = '490154203237518'
    await fc.assert(
      fc.asyncProperty(written(imei), written('356938035643809'), async (first, second) => {
        const device = await newDevice(platform, account, { imei: first })
        const shown = async () => (await account.call(getDevice, { id: device.id })).data[0]?.imei
        expect(await shown()).toBe(imei)
        await device.checkIn({ bootId: 'b', imei: second })
        expect(await shown()).toBe('356938035643809')
      }),
      { numRuns: 10 },
    )
  })

  test('finds the same device in every filter', async () => {
    const account = await platform.newAccount()
    const { id } = await newDevice(platform, account, { imei: '490154203237518' })
    await newDevice(platform, account, { imei: '356938035643809' })
    const forms = fc.constantFrom('490154203237518', '49015420323751', '4901542032375105')
    await fc.assert(
      fc.asyncProperty(
        forms.chain((form) => written(form)),
        async (text) => {
          for (const filter of [{ imei: text }, { n: text }]) {
            expect((await account.call(listDevices, filter)).data.map((device) => device.id)).toEqual([id])
            const reach = await account.call(notifyDevices, { type: 'refresh', target: { filter }, dryRun: true })
            expect(reach.data[0]?.total).toBe(1)
          }
        },
      ),
      { numRuns: 20 },
    )
    expect(await exportedRows(account, { kind: 'device', format: 'csv', imei: '49-015420-323751-8' })).toBe(1)
    for (const imei of ['', ' ', 'unknown', '49015', '%'])
      expect((await account.call(listDevices, { imei })).data).toEqual([])
  })

  test('locks a SIM, however it is written', async () => {
    const account = await platform.newAccount()
    const { data } = await account.call(registerSim, { iccid: '8988303000000614224' })
    const iccid = data[0]?.iccid ?? ''
    const locked = await account.call(updateSim, { iccid, imeiLock: '49-015420-323751-8' })
    expect(locked.data[0]?.imeiLock).toBe('490154203237518')
    await expect(account.call(updateSim, { iccid, imeiLock: '490154203237519' })).rejects.toMatchObject({ status: 400 })
  })
})

test('a device is named by its id in any letter case', async () => {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account)
  expect((await account.call(getDevice, { id: id.toUpperCase() })).data[0]?.id).toBe(id)
})
