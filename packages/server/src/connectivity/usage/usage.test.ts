import { getSimUsage, getSimUsageSeries, getUsage, getUsageSeries, listSimUsage } from '@mason/contract/usage'
import { describe, expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { rollUsage } from './roll-usage.ts'

const platform = usePlatform()

const sim = (index: number) => `8988303000${String(index).padStart(9, '0')}`

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

const record = (id: string, index: number, start: string, upload: number, download: number, end?: string) => ({
  id,
  iccid: sim(index),
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

  test('says of each record what became of it', async () => {
    const account = await platform.newAccount()
    await register(account, 1)
    const start = '2026-03-01T00:00:00Z'
    const fine = record('a', 1, start, 1, 2)
    const faults = [
      { ...fine, upload: 3 },
      { ...fine, iccid: sim(9) },
      { ...fine, id: '' },
      { ...fine, id: 'b', start: '2026-02-30T00:00:00Z' },
      { ...fine, id: 'b', end: '2026-02-28T00:00:00Z' },
      { ...fine, id: 'b', end: '2026-04-02T00:00:00Z' },
      { ...fine, id: 'b', start: new Date(Date.now() + 2 * 86_400_000).toISOString() },
      { ...fine, id: 'b', upload: -1 },
      { ...fine, id: 'b', upload: 1.5 },
      { ...fine, id: 'b', upload: '1' },
      { ...fine, id: 'b', download: 2 ** 53 },
      { ...fine, id: 'b', other: 1 },
      { ...fine, id: 'b', upload: Number.MAX_SAFE_INTEGER, download: Number.MAX_SAFE_INTEGER },
      null,
    ]
    const outcome = await json(account, fine, fine, ...faults)
    expect(outcome).toMatchObject({ status: 200, accepted: 1, duplicates: 1 })
    expect(outcome.rejected.map(({ line }: { line: number }) => line)).toEqual(faults.map((_, index) => index + 3))
    expect(await json(account, fine)).toMatchObject({ accepted: 0, duplicates: 1, rejected: [] })
    const rows = [`1,2,a,${start}`, `5,5,c,${start}`, `-5,5,d,${start}`].map((row) => `${row},${sim(1)}\n`)
    expect(await send(account, `upload,download,id,start,iccid\n${rows.join('')}`, 'text/csv')).toMatchObject({
      accepted: 1,
      duplicates: 1,
      rejected: [{ line: 4 }],
    })
  })

  test('knows every record of many batches again, whatever it holds', async () => {
    const account = await platform.newAccount()
    await register(account, 1, 2, 3)
    const start = Date.UTC(2026, 0, 1)
    const minute = (at: number) => new Date(start + at * 60_000).toISOString()
    const records = Array.from({ length: 21_000 }, (_, index) =>
      record(`"\\\t é😀${index}`, 1 + (index % 3), minute(index), 1, 2, minute(index + 3)),
    )
    records.push(record('first', 1, '0001-01-01T00:00:00.001Z', 0, Number.MAX_SAFE_INTEGER))
    const lines = records.map((line) => `${JSON.stringify(line)}\n`).join('')
    const ndjson = 'application/x-ndjson'
    expect(await send(account, lines, ndjson)).toMatchObject({ accepted: 21_001, duplicates: 0, rejected: [] })
    expect(await send(account, lines, ndjson)).toMatchObject({ accepted: 0, duplicates: 21_001, rejected: [] })
    const { data } = await account.call(getUsage, { date: '2026-01-01' })
    expect(data[0]?.usage).toEqual(model('2026-01-01T00:00:00Z', 21_000, 42_000))
    const first = await account.call(getSimUsage, { iccid: sim(1), date: '0001-01-01' })
    expect(first.data[0]?.usage.download).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('knows records of earlier periods, and drops those past their retention', async () => {
    const account = await platform.newAccount()
    await register(account, 1)
    const old = record('a', 1, '2026-01-01T00:00:00Z', 1, 2)
    await json(account, old)
    const age = (days: number) =>
      platform.database.pool.query(`
        DO $$ DECLARE
          part text := (SELECT max(relid::text) FROM pg_partition_tree('usage_record') WHERE isleaf);
          day date := current_date - ${days};
        BEGIN
          EXECUTE format('ALTER TABLE usage_record DETACH PARTITION %I', part);
          EXECUTE format('UPDATE %I SET period = %L', part, day);
          EXECUTE format('ALTER TABLE %I RENAME TO usage_record_%s', part, to_char(day, 'YYYYMMDD'));
          EXECUTE format('ALTER TABLE usage_record ATTACH PARTITION usage_record_%s FOR VALUES IN (%L)', to_char(day, 'YYYYMMDD'), day);
          UPDATE usage_period SET period = day;
        END $$`)
    const roll = () => platform.database.transaction((tx) => rollUsage(100).run(tx))
    const periods = async () =>
      (await platform.database.pool.query("SELECT FROM pg_partition_tree('usage_record') WHERE isleaf")).rowCount
    await age(160)
    await roll()
    expect(await periods()).toBe(2)
    expect(await json(account, old, { ...old, id: 'b' })).toMatchObject({ accepted: 1, duplicates: 1 })
    expect(await json(account, { ...old, upload: 9 })).toMatchObject({ accepted: 0, rejected: [{ line: 1 }] })
    await age(101)
    await roll()
    expect(await periods()).toBe(2)
    expect((await account.call(getUsage, { date: '2026-01-01' })).data[0]?.usage.total).toBe(6)
  })

  test.each([
    '?',
    '?date=',
    '?date=2026',
    '?date=2026-02-30',
    '?date=2026-02-01&marker=',
    '?date=2026-02-01&marker=a:',
    '/series?start=2026-01-01',
    '/series?start=2026-01-02&end=2026-01-01',
    '/series?start=2026-01-01T00:00:01Z&end=2026-02-01',
    '/series?start=2026-01-01&end=2027-02-06',
  ])('is a 400 with %s', async (query) => {
    const { key } = await platform.newAccount()
    expect((await platform.fetch(`/v1/default/usage${query}`, { key })).status).toBe(400)
  })
})
