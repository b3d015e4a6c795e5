import { getSimUsage, getSimUsageSeries, getUsage, getUsageSeries, listSimUsage } from '@mason/contract/usage'
import { describe, expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../test/harness.ts'

const platform = usePlatform()

const sim = (place: number) => `8988303000${String(place).padStart(8, '0')}`

async function register(account: TestAccount, ...places: number[]): Promise<void> {
  await platform.database.pool.query(
    "INSERT INTO sim (account_id, iccid, carrier) SELECT $1, iccid, 'manual' FROM unnest($2::text[]) AS iccid",
    [account.accountId, places.map(sim)],
  )
}

async function send(account: TestAccount, body: string, type = 'application/json') {
  const answer = await platform.fetch('/v1/default/usage', {
    method: 'POST',
    key: account.key,
    body,
    headers: { 'content-type': type },
  })
  const text = await answer.text()
  return { status: answer.status, ...(JSON.parse(text).data?.[0] ?? JSON.parse(text)) }
}

const json = (account: TestAccount, ...records: unknown[]) => send(account, JSON.stringify({ records }))

const record = (id: string, place: number, start: string, upload: number, download: number, end?: string) => ({
  id,
  iccid: sim(place),
  start,
  ...(end !== undefined && { end }),
  upload,
  download,
})

const model = (date: string, upload: number, download: number) => ({
  total: upload + download,
  unit: 'bytes',
  upload,
  date,
  download,
})

describe('usage', () => {
  test('is counted by SIM, account, day and month', async () => {
    const account = await platform.newAccount()
    await register(account, 1, 2)
    const outcome = await json(
      account,
      record('a', 1, '2026-02-27T23:59:59Z', 1, 10),
      record('b', 1, '2026-03-01T00:00:00+02:00', 2, 20),
      record('c', 2, '2026-02-28T12:00:00.5Z', 4, 40),
      record('c', 1, '2026-03-01T00:00:00Z', 8, 80),
    )
    expect(outcome).toEqual({ status: 200, accepted: 4, duplicates: 0, rejected: [] })
    const { call } = account
    expect(await call(getUsage, { date: '2026-02-10' })).toEqual({
      data: [{ usage: model('2026-02-01T00:00:00Z', 7, 70) }],
    })
    expect(await call(getUsage, { date: '2026-04-01T01:00:00+02:00' })).toEqual({
      data: [{ usage: model('2026-03-01T00:00:00Z', 8, 80) }],
    })
    expect((await call(getUsageSeries, { start: '2026-02-26', end: '2026-03-02T00:00:00Z' })).data).toEqual([
      { usage: model('2026-02-26T00:00:00Z', 0, 0) },
      { usage: model('2026-02-27T00:00:00Z', 1, 10) },
      { usage: model('2026-02-28T00:00:00Z', 6, 60) },
      { usage: model('2026-03-01T00:00:00Z', 8, 80) },
    ])
    expect((await call(listSimUsage, { date: '2026-03-31', limit: 1 })).data).toEqual([
      { sim: { iccid: sim(1) }, usage: model('2026-03-01T00:00:00Z', 8, 80) },
    ])
    expect(await call(listSimUsage, { date: '2026-03-31', limit: 1, after: sim(1) })).toEqual({
      data: [{ sim: { iccid: sim(2) }, usage: model('2026-03-01T00:00:00Z', 0, 0) }],
      prev: sim(2),
      prevPage: sim(2),
    })
    expect((await call(getSimUsage, { iccid: sim(1), date: '2026-02-01' })).data).toEqual([
      { sim: { iccid: sim(1) }, usage: model('2026-02-01T00:00:00Z', 3, 30) },
    ])
    expect((await call(getSimUsageSeries, { iccid: sim(2), start: '2026-02-28', end: '2026-03-02' })).data).toEqual([
      { sim: { iccid: sim(2) }, usage: model('2026-02-28T00:00:00Z', 4, 40) },
      { sim: { iccid: sim(2) }, usage: model('2026-03-01T00:00:00Z', 0, 0) },
    ])
  })
})
