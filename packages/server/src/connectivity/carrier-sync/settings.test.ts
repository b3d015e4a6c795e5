import { carrierKind, carrierSettings } from '@mason/contract/carrier-type'
import { listEvents } from '@mason/contract/event'
import { bulkSims } from '@mason/contract/job'
import { getSim, registerSim, type SimChange, updateSim } from '@mason/contract/sim'
import { describe, expect, test } from 'vitest'
import { oneNce } from '../../../test/carriers/1nce.ts'
import { callsFakes, connect, sync, useCarriers, waiting } from '../../../test/carriers/connect.ts'
import { dialects } from '../../../test/carriers/dialects.ts'
import type { FakeCarrier, FakeSim } from '../../../test/carriers/fake.ts'
import { telnyx } from '../../../test/carriers/telnyx.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { ended, jobOf } from '../../../test/jobs.ts'
import { newIccid } from '../../../test/unique.ts'

// Limits and IMEI locks, which the carriers that have them are told.

const platform = usePlatform(callsFakes)
const newCarrier = useCarriers()

/** Each of a dozen tries takes its time on a busy machine. */
const patient = { timeout: 50_000 }

const [imei, otherImei] = ['490154203237518', '356938035643809']
const limit = { bytes: 50_000_001, action: 'suspend' } as const

const atCarrier = async ({ call }: TestAccount, iccid: string) => (await call(getSim, { iccid })).data[0]?.atCarrier
const change = ({ call }: TestAccount, iccid: string, body: SimChange) => call(updateSim, { iccid, ...body })
const outcomesOf = async ({ call }: TestAccount) =>
  (await call(listEvents, { type: 'sim.setting' })).data.map(({ data }) => `${data.setting} ${data.outcome}`)
/** Makes what waits for its time due at once. */
const letTimePass = ({ accountId }: TestAccount) =>
  platform.database.pool.query(
    `WITH late AS (UPDATE carrier SET held_until = NULL WHERE account_id = $1)
     UPDATE sim_setting SET due = now() WHERE account_id = $1 AND due IS NOT NULL AND call IS NULL`,
    [accountId],
  )
const becomesInTime = (account: TestAccount, iccid: string, wanted: object | undefined) =>
  expect
    .poll(async () => {
      await letTimePass(account)
      return atCarrier(account, iccid)
    }, patient)
    .toEqual(wanted)

/** What the carrier was asked to change. */
function changesAt(fake: FakeCarrier): string[] {
  const asked: string[] = []
  fake.watch = ({ method, path }) =>
    void (method !== 'GET' && !/\/(auth|authenticate|token)$/.test(path) && asked.push(`${method} ${path}`))
  return asked
}

function addSim(fake: FakeCarrier): FakeSim {
  const sim = fake.add(newIccid())
  sim.imei = imei
  return sim
}

describe.each(dialects.map((dialect) => [dialect.type, dialect] as const))('a connection to %s', (type, dialect) => {
  const { limitations } = carrierKind(type)
  const able = carrierSettings.filter((setting) => !(setting in limitations))
  const all = (what: object) => (able.length === 0 ? undefined : Object.fromEntries(able.map((one) => [one, what])))

  test('keeps SIMs to their limits and IMEI locks, as far as the carrier does, and asks for each change once', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const sim = addSim(fake)
    const { iccid } = sim
    await connect(account, fake)
    const asked = changesAt(fake)
    await change(account, iccid, { dataLimit: limit, imeiLock: imei })
    await becomesInTime(account, iccid, all({ state: 'set', asOf: expect.any(String) }))
    expect({ dataLimit: sim.dataLimit, imeiLock: sim.imeiLock }).toEqual({
      dataLimit: able.includes('dataLimit') ? limit.bytes : undefined,
      imeiLock: able.includes('imeiLock') ? imei : undefined,
    })
    // What is so already is not asked for again.
    await change(account, iccid, { dataLimit: limit, imeiLock: imei })
    await becomesInTime(account, iccid, all({ state: 'set', asOf: expect.any(String) }))
    expect(asked).toHaveLength(able.length)
    // One that only alerts is nothing to the carrier.
    await change(account, iccid, { dataLimit: { ...limit, action: 'alert' }, imeiLock: null })
    await becomesInTime(account, iccid, undefined)
    expect([sim.dataLimit, sim.imeiLock]).toEqual([undefined, undefined])
    expect(asked).toHaveLength(2 * able.length)
    expect((await outcomesOf(account)).toSorted()).toEqual(
      able.flatMap((one) => [`${one} removed`, `${one} set`, `${one} set`]),
    )
  })

  test.runIf(able.length > 0)('wastes no attempt on a 429, and the newest change wins', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const sim = addSim(fake)
    await connect(account, fake)
    const asked = changesAt(fake)
    for (let index = 0; index < 12; index++) fake.troubles.push({ status: 429, headers: { 'retry-after': '60' } })
    await change(account, sim.iccid, { imeiLock: otherImei })
    await expect.poll(() => fake.count(429), waiting).toBe(1)
    await change(account, sim.iccid, { imeiLock: imei })
    await becomesInTime(account, sim.iccid, { imeiLock: { state: 'set', asOf: expect.any(String) } })
    expect(fake.count(429)).toBe(12)
    expect(sim.imeiLock).toBe(imei)
    expect(asked).toHaveLength(1)
    expect(await outcomesOf(account)).toEqual(['imeiLock set'])
  })

  test.runIf(able.length > 0)('tries again after failures, and says meanwhile why it has to', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const sim = addSim(fake)
    await connect(account, fake)
    for (let index = 0; index < 3; index++) fake.troubles.push({ status: 503 })
    await change(account, sim.iccid, { imeiLock: imei })
    await expect
      .poll(() => atCarrier(account, sim.iccid), waiting)
      .toMatchObject({ imeiLock: { state: 'pending', reason: expect.stringContaining('503') } })
    await becomesInTime(account, sim.iccid, { imeiLock: { state: 'set', asOf: expect.any(String) } })
  })

  test.runIf(able.length > 0)('takes a refusal for good, until the setting is changed', async () => {
    const account = await platform.newAccount()
    const fake = await newCarrier(dialect)
    const name = await connect(account, fake)
    const iccid = newIccid()
    await account.call(registerSim, { iccid, carrier: name })
    await change(account, iccid, { imeiLock: imei })
    const refused = { imeiLock: { state: 'refused', reason: expect.stringContaining('does not know this SIM') } }
    await becomesInTime(account, iccid, refused)
    const { length } = fake.log
    await letTimePass(account)
    fake.add(iccid).imei = imei
    await sync(account, name)
    expect(fake.log.slice(length).filter(({ method }) => method === 'PATCH' || method === 'PUT')).toEqual([])
    expect(await atCarrier(account, iccid)).toEqual(refused)
    await change(account, iccid, { imeiLock: imei })
    await becomesInTime(account, iccid, { imeiLock: { state: 'set', asOf: expect.any(String) } })
    expect((await outcomesOf(account)).toSorted()).toEqual(['imeiLock refused', 'imeiLock set'])
  })
})

test('1NCE locks no SIM to another device than the wanted one, and lets go of one', async () => {
  const account = await platform.newAccount()
  const fake = await newCarrier(oneNce)
  const sim = addSim(fake)
  await connect(account, fake)
  await change(account, sim.iccid, { imeiLock: imei })
  await becomesInTime(account, sim.iccid, { imeiLock: { state: 'set', asOf: expect.any(String) } })
  await change(account, sim.iccid, { imeiLock: otherImei })
  await becomesInTime(account, sim.iccid, {
    imeiLock: { state: 'refused', reason: expect.stringContaining('it is in the one with the IMEI 49015420323751') },
  })
  expect(sim.imeiLock).toBeUndefined()
})

test('a SIM that becomes a SIM of a carrier brings its settings along, and many are told by one change', async () => {
  const account = await platform.newAccount()
  const fake = await newCarrier(telnyx)
  const sims = Array.from({ length: 30 }, () => addSim(fake))
  const [first = addSim(fake)] = sims
  await account.call(registerSim, { iccid: first.iccid })
  await change(account, first.iccid, { imeiLock: imei })
  expect(await atCarrier(account, first.iccid)).toBeUndefined()
  await connect(account, fake)
  await becomesInTime(account, first.iccid, { imeiLock: { state: 'set', asOf: expect.any(String) } })
  const target = { sims: sims.map(({ iccid }) => iccid) }
  await ended(account, jobOf(await account.call(bulkSims, { target, change: { dataLimit: limit } })))
  await expect
    .poll(async () => {
      await letTimePass(account)
      return sims.filter(({ dataLimit }) => dataLimit === limit.bytes).length
    }, waiting)
    .toBe(30)
  expect(first.imeiLock).toBe(imei)
})

test('a limit is raised before the SIM that it has suspended is activated', async () => {
  const account = await platform.newAccount()
  const fake = await newCarrier(telnyx)
  const sim = addSim(fake)
  sim.state = 'suspended'
  await connect(account, fake)
  const asked = changesAt(fake)
  await change(account, sim.iccid, { state: 'active', dataLimit: limit })
  await expect.poll(() => asked.length, waiting).toBe(2)
  expect(asked).toEqual([`PATCH /sim_cards/${sim.id}`, `POST /sim_cards/${sim.id}/actions/enable`])
})
