import { createCarrier } from '@mason/contract/carrier'
import { withLuhnDigit } from '@mason/contract/identifiers'
import { registerSim } from '@mason/contract/sim'
import { compareSimUsage } from '@mason/contract/usage'
import { expect, test } from 'vitest'
import { callsFakes, connect, connection, sync, useCarriers } from '../../../test/carriers/connect.ts'
import { emnify } from '../../../test/carriers/emnify.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'

const platform = usePlatform(callsFakes)
const newCarrier = useCarriers()
const today = new Date().toISOString().slice(0, 10)

const push = async (url: string, body: string) => {
  const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
const record = (id: number, iccid: string, tx: number, rx: number) => ({
  ...{ id, sim: { id: 7, iccid: iccid.slice(0, -1) }, imsi: { imsi: '295050900000001' } },
  ...{ start_timestamp: `${today} 00:00:01`, end_timestamp: `${today} 00:00:09` },
  ...{ volume: { total: tx + rx, tx, rx }, traffic_type: { id: 5, description: 'Data' } },
})
const counted = async ({ call }: TestAccount, iccid: string) =>
  (await call(compareSimUsage, { iccid, start: today, end: new Date(Date.parse(today) + 86_400_000).toISOString() }))
    .data[0]?.carrier

test('what a carrier pushes counts once, until the carrier itself tells the figure of the day', async () => {
  const account = await platform.newAccount()
  const fake = await newCarrier(emnify)
  const iccid = withLuhnDigit('8988303000009123456')
  const sim = fake.add(iccid)
  const name = await connect(account, fake)
  const { pushUrl = '' } = await connection(account, name)
  expect(new URL(pushUrl).pathname).toMatch(/^\/carrier\/v1\/our-emnify\/\w{43}$/)
  const records = [record(1, iccid, 0.002803, 1.5), record(2, iccid, 0.000001, 0)]
  const others = [
    { event_type: { id: 3 }, id: 9, sim: { iccid } },
    { ...record(3, iccid, 1, 1), traffic_type: { id: 6 } },
    record(4, withLuhnDigit('8988303000009999999'), 1, 1),
    { ...record(5, iccid, 1, 1), volume: { rx: 'much' } },
    'nothing',
  ]
  expect(await push(pushUrl, JSON.stringify([...records, ...others]))).toEqual({
    status: 200,
    body: {
      ...{ accepted: 2, duplicates: 0, ignored: 2 },
      rejected: [
        { line: 6, reason: 'volume is no number of megabytes' },
        { line: 7, reason: expect.any(String) },
        { line: 5, reason: 'sim/iccid is not a SIM of this account' },
      ],
    },
  })
  expect((await push(pushUrl, JSON.stringify(records))).body).toMatchObject({ accepted: 0, duplicates: 2 })
  expect(await counted(account, iccid)).toEqual({ upload: 2804, download: 1_500_000, total: 1_502_804 })
  sim.usage.set(today, { upload: 3_000, download: 1_600_000 })
  await sync(account, name)
  expect(await counted(account, iccid)).toMatchObject({ total: 1_603_000 })
  expect((await push(pushUrl, JSON.stringify([record(6, iccid, 1, 1)]))).body).toMatchObject({ accepted: 1 })
  expect(await counted(account, iccid)).toMatchObject({ total: 1_603_000 })
})

test('an address that is not right is none, whatever is wrong with it', async () => {
  const account = await platform.newAccount()
  const fake = await newCarrier(emnify)
  const name = await connect(account, fake)
  await account.call(registerSim, { iccid: withLuhnDigit('8988303000009123464'), carrier: name })
  await account.call(createCarrier, { type: 'simulated', name: 'other' })
  const { pushUrl = '' } = await connection(account, name)
  for (const url of [
    pushUrl.replace(name, 'other'),
    `${pushUrl}x`,
    pushUrl.slice(0, -1),
    `${pushUrl.slice(0, -43)}%00`,
  ]) {
    const { status, body } = await push(url, '[]')
    expect([400, 404]).toContain(status)
    expect(body.message).not.toContain(pushUrl.slice(-43))
  }
  for (const garbage of ['{', '[{"volume":', '[1,2', '"\ud800"', '[null]', '{}'])
    expect((await push(pushUrl, garbage)).status).toBeLessThan(500)
})
