import { gzipSync } from 'node:zlib'
import { registerSim } from '@mason/contract/sim'
import { getUsage, getUsageSeries } from '@mason/contract/usage'
import { describe, expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()
const iccid = '8988303000000614224'

async function withSim(): Promise<TestAccount> {
  const account = await platform.newAccount()
  await account.call(registerSim, { iccid })
  return account
}

interface How {
  type?: string
  query?: string
  encoding?: string
}

async function send(
  account: TestAccount,
  body: string | Buffer,
  { type = 'text/csv', query = '', encoding }: How = {},
) {
  const answer = await platform.fetch(`/v1/default/usage${query}`, {
    method: 'POST',
    key: account.key,
    body: new Uint8Array(Buffer.from(body)),
    headers: { 'content-type': type, ...(encoding && { 'content-encoding': encoding }) },
  })
  const json = (await answer.json()) as { data?: Record<string, unknown>[] }
  return { status: answer.status, ...(json.data?.[0] ?? json) } as Record<string, unknown>
}

const totals = async ({ call }: TestAccount) => (await call(getUsage, { date: '2026-11-01' })).data[0]?.usage.total

test('a line in a quoted cell is not billed', async () => {
  const account = await withSim()
  const csv = `id,iccid,start,upload,download\n"note\nevil,${iccid},2026-11-10T00:00:00Z,111,222\nends",${iccid},2026-11-10T00:00:00Z,1,1\n`
  expect(await send(account, csv)).toEqual({ status: 200, accepted: 1, duplicates: 0, rejected: [] })
  expect(await totals(account)).toBe(2)
})

test('a file as a portal writes it: separators, capitals, other columns, guards, decimals', async () => {
  const account = await withSim()
  const csv = [
    'sep=;',
    'ID;Country;ICCID;Start;UPLOAD;Download;',
    `="7";de;'${iccid};2026-11-10 12:15:00Z;1000.0;2;`,
    `8;de;"=""${iccid}""";2026-11-10T12:15:00+0000;1;2;`,
    `'9;de;\u00a0${iccid}\u00a0;2026-11-10 12:15+00; 1 ;2.00;`,
  ].join('\r\n')
  expect(await send(account, csv)).toEqual({
    status: 200,
    accepted: 3,
    duplicates: 0,
    ignoredColumns: ['Country'],
    rejected: [],
  })
  expect(await totals(account)).toBe(1008)
  const plain = `id,iccid,start,upload,download\n7,${iccid},2026-11-10T12:15:00Z,1000,2\n9,${iccid},2026-11-10T12:15:00Z,1,2\n`
  expect(await send(account, plain)).toMatchObject({ accepted: 0, duplicates: 2 })
})

test('a number that means another in another country is refused, and so is one with separators', async () => {
  const account = await withSim()
  const send1 = (upload: string) =>
    send(account, `id;iccid;start;upload;download\n1;${iccid};2026-11-10T00:00:00Z;${upload};1\n`)
  for (const upload of ['1.000', '12.000', '1,000', '1 000', '1\u202f000', "1'000", '1.000.000', '1.000,0', '1000,0'])
    expect(await send1(upload)).toMatchObject({
      accepted: 0,
      rejected: [{ line: 2, reason: 'upload is written with separators: write its digits alone, such as 1000' }],
    })
  expect(await send1('1000.000')).toMatchObject({ accepted: 1 })
  expect(await totals(account)).toBe(1001)
})

test.each([
  ['gzip', (csv: string) => gzipSync(csv), { encoding: 'gzip' }],
  ['gzip of which nothing is said', (csv: string) => gzipSync(csv), {}],
  ['UTF-16', (csv: string) => Buffer.from(`\ufeff${csv}`, 'utf16le'), {}],
  ['no content type', (csv: string) => Buffer.from(csv), { type: '' }],
  ['a spreadsheet', (csv: string) => Buffer.from(csv), { type: 'application/vnd.ms-excel' }],
  [
    'JSON in gzip',
    () =>
      gzipSync(
        JSON.stringify({ records: [{ id: '1', iccid, start: '2026-11-10T00:00:00Z', upload: 1, download: 1 }] }),
      ),
    { type: 'application/json', encoding: 'gzip' },
  ],
])('%s is read', async (_name, write, how) => {
  const account = await withSim()
  const body = write(`id,iccid,start,upload,download\n1,${iccid},2026-11-10T00:00:00Z,1,1\n`)
  expect(await send(account, body, how)).toEqual({ status: 200, accepted: 1, duplicates: 0, rejected: [] })
})

test('what a spreadsheet has broken is refused in words that say so', async () => {
  const account = await withSim()
  const rows = [
    '1,8.98830E+18,2026-11-10T00:00:00Z,1,1',
    `2,${iccid},2026-11-10T00:00:00Z,1.5E+09,1`,
    `3,${iccid},2026-11-10T00:00:00Z,1000.5,1`,
    `4,${iccid},2026-11-10 12:15:00,1,1`,
    `5,${iccid},10.11.2026,1,1`,
  ]
  const { rejected } = await send(account, `id,iccid,start,upload,download\n${rows.join('\n')}`)
  expect(rejected).toMatchObject([
    { line: 2, reason: expect.stringContaining('the spreadsheet has cut the digits') },
    { line: 3, reason: expect.stringContaining('the spreadsheet has cut the digits') },
    { line: 4, reason: expect.stringContaining('must be an integer') },
    { line: 5, reason: expect.stringContaining('?timezone=') },
    { line: 6, reason: expect.stringContaining('must be an RFC 3339 date and time') },
  ])
})

describe('times without a zone', () => {
  const paris = '?timezone=Europe/Paris'

  test.each([
    // Clocks are set back on 2026-10-25 at 01:00 UTC and forward on 2026-03-29 at 01:00 UTC.
    ['2026-10-25 00:30:00', '2026-10-24'],
    ['2026-10-25 02:30:00', '2026-10-25'],
    ['2026-10-26 00:59:59', '2026-10-25'],
    ['2026-10-26 01:00', '2026-10-26'],
    ['2026-03-29 02:30:00', '2026-03-29'],
    ['2026-03-30 01:59:59', '2026-03-29'],
    ['2026-03-30T02:00:00', '2026-03-30'],
    ['2026-07-01 01:30:00.5', '2026-06-30'],
  ])('%s in Paris is a moment of %s in UTC', async (start, day) => {
    const account = await withSim()
    const csv = `id,iccid,start,upload,download\n1,${iccid},${start},1,1\n`
    expect(await send(account, csv, { query: paris })).toMatchObject({ accepted: 1 })
    const end = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
    expect((await account.call(getUsageSeries, { start: day, end })).data[0]?.usage.total).toBe(2)
  })

  test('are the same record as those with the zone, in JSON too', async () => {
    const account = await withSim()
    const record = { id: '1', iccid, start: '2026-10-25T02:30:00', end: '2026-10-25 03:30:00', upload: 1, download: 1 }
    const ndjson = { type: 'application/x-ndjson', query: paris }
    expect(await send(account, JSON.stringify(record), ndjson)).toMatchObject({ accepted: 1 })
    // The first half past two, in summer time; three follows on the second.
    const same = { ...record, start: '2026-10-25T00:30:00Z', end: '2026-10-25T02:30:00Z' }
    expect(await send(account, JSON.stringify({ records: [same] }), { type: 'application/json' })).toMatchObject({
      duplicates: 1,
    })
  })

  test.each(['Europe/Atlantis', '+02:00', ''])('the zone %j is refused', async (zone) => {
    const account = await withSim()
    const query = `?timezone=${encodeURIComponent(zone)}`
    expect(await send(account, 'id\n', { query })).toMatchObject({
      status: 400,
      errors: [{ path: '/timezone' }],
    })
  })
})

test('a dry run says what would happen, and keeps nothing', async () => {
  const account = await withSim()
  const row = (id: string, upload: number, of = iccid) => `${id},${of},2026-11-10T00:00:00Z,${upload},0\n`
  await send(account, `id,iccid,start,upload,download\n${row('known', 5)}`)
  const many = Array.from({ length: 12_000 }, (_, index) => row(`r${index}`, 1)).join('')
  const csv = `id,iccid,start,upload,download\n${row('known', 5)}${row('known', 6)}${many}${row('r0', 1)}${row('r0', 2)}${row('x', 1, '8988303000000614232')}`
  const dry = await send(account, csv, { query: '?dryRun=true' })
  expect(dry).toMatchObject({
    accepted: 12_000,
    duplicates: 2,
    dryRun: true,
    rejected: [{ line: 3 }, { line: 12_005 }, { line: 12_006 }],
  })
  expect(await totals(account)).toBe(5)
  const { dryRun: _, ...would } = dry
  expect(await send(account, csv)).toEqual(would)
  expect(await totals(account)).toBe(12_005)
})
