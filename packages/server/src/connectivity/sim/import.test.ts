import { request } from 'node:http'
import { createExport, getExport } from '@mason/contract/export'
import { listSims, registerSim, type SimImport } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { newIccid } from '../../../test/unique.ts'

const platform = usePlatform()
const path = '/v1/default/sim/import'

async function send(account: TestAccount, body: string | Uint8Array, type = 'text/csv') {
  const answer = await platform.fetch(path, {
    method: 'POST',
    key: account.key,
    body,
    headers: { 'content-type': type },
  })
  return { status: answer.status, body: (await answer.json()) as { data: SimImport[]; message: string } }
}
const imported = async (...args: Parameters<typeof send>) => (await send(...args)).body.data[0]
const count = async ({ accountId }: TestAccount) =>
  (await platform.database.query<{ count: number }>(sql`SELECT count(*) FROM sim WHERE account_id = ${accountId}`))
    .rows[0]?.count

test('CSV as spreadsheets write it: byte order mark, quotes, CRLF, empty cells', async () => {
  const account = await platform.newAccount()
  const [one, two] = [newIccid(), newIccid()].sort()
  const csv = `\ufeffname,iccid,marker.site\r\n"Till ""1"", north",${one}F,Kiel\r\n\r\n,"${two}",\r\n`
  expect(await imported(account, csv, 'text/csv; charset=utf-8')).toEqual({ created: 2, known: 0, rejected: [] })
  const { data } = await account.call(listSims)
  expect(data.map(({ name, markers }) => [name, markers])).toEqual([
    ['Till "1", north', [{ key: 'site', value: 'Kiel' }]],
    [undefined, []],
  ])
})

test('a SIM that was registered with a wrong check digit is known, in every form of it', async () => {
  const account = await platform.newAccount()
  const good = newIccid()
  const wrong = `${good.slice(0, -1)}${(Number(good.at(-1)) + 1) % 10}`
  const other = `${good.slice(0, -1)}${(Number(good.at(-1)) + 2) % 10}`
  const csv = `iccid\n${wrong}\n${good}\n${wrong}F\n${other}`
  const refused = (line: number) => ({ line, reason: expect.stringContaining('has a wrong check digit') })
  expect(await imported(account, csv)).toMatchObject({ created: 1, known: 0, rejected: [2, 4, 5].map(refused) })
  await account.call(registerSim, { iccid: wrong, checkDigit: 'ignore' })
  expect(await imported(account, csv)).toMatchObject({ created: 0, known: 3, rejected: [refused(5)] })
})

test('bad lines are told by number and reason while good ones go in', async () => {
  const account = await platform.newAccount()
  const [one, two] = [newIccid(), newIccid()]
  const csv = [
    'iccid,name',
    `${one},Zürich`,
    '123,x',
    `${one},again`,
    `${two}`,
    `${two},o"pen`,
    `${two},a\0b`,
    `${two},${'x'.repeat(70_000)}`,
    `${two},y`,
  ].join('\n')
  const latin1 = Buffer.concat([Buffer.from(`${csv}\n${newIccid()},Z`), Buffer.from([0xfc])])
  expect(await imported(account, latin1)).toEqual({
    created: 2,
    known: 1,
    rejected: [
      { line: 3, reason: expect.stringContaining('iccid must be an ICCID') },
      { line: 5, reason: 'has 1 cells where the header has 2 columns' },
      { line: 6, reason: expect.stringContaining('quote') },
      { line: 7, reason: 'holds a NUL character' },
      { line: 8, reason: 'has a cell that is longer than 65536 bytes' },
      { line: 10, reason: expect.stringContaining('charset=windows-1252') },
    ],
  })
})

test('NDJSON: a registration in each line', async () => {
  const account = await platform.newAccount()
  const iccid = newIccid()
  const lines = [
    JSON.stringify({ iccid, markers: [{ key: 'a', value: 'b' }] }),
    '{',
    '[]',
    `{"iccid":"${iccid}","x":1}`,
  ]
  expect(await imported(account, lines.join('\n'), 'application/x-ndjson')).toEqual({
    created: 1,
    known: 0,
    rejected: [
      { line: 2, reason: expect.stringMatching(/^is not valid JSON/) },
      { line: 3, reason: expect.any(String) },
      { line: 4, reason: expect.stringMatching(/^x is not a member of this call/) },
    ],
  })
})

test.each([
  ['iccid,name,name', 'The column name appears twice'],
  ['name', 'The column iccid is missing; there are name'],
])('the header %s is refused', async (header, message) => {
  const account = await platform.newAccount()
  const answer = await send(account, `${header}\n${`${newIccid()},x,y\n`.repeat(50_000)}`)
  expect(answer).toMatchObject({ status: 400, body: { message } })
  expect(await count(account)).toBe(0)
})

test('20,000 lines go in once, sent twice at the same time, and sent again each is known already', async () => {
  const account = await platform.newAccount()
  const lines = Array.from({ length: 20_000 }, () => newIccid())
  const csv = `iccid\n${lines.join('\n')}\n`
  const answers = await Promise.all([imported(account, csv), imported(account, csv)])
  expect(answers.reduce((sum, answer) => sum + (answer?.created ?? 0), 0)).toBe(20_000)
  const again = await imported(account, csv)
  expect(again).toEqual({ created: 0, known: 20_000, rejected: [] })
  const wrong = await imported(account, `iccid\n${'123\n'.repeat(20_000)}`)
  expect(wrong).toMatchObject({ created: 0, rejectedTotal: 20_000 })
  expect(wrong?.rejected).toHaveLength(10_000)
}, 180_000)

test('a connection that is cut leaves what came before, to be sent again whole', async () => {
  const account = await platform.newAccount()
  const lines = Array.from({ length: 3_000 }, () => newIccid())
  const { hostname, port } = new URL(platform.url)
  const upload = request({ hostname, port, path, method: 'POST', headers: { authorization: `basic ${account.key}`, 'content-type': 'text/csv' } }) // biome-ignore format: one request
  upload.on('error', () => {})
  upload.write(`iccid\n${lines.slice(0, 2_500).join('\n')}`)
  await expect.poll(() => count(account)).toBe(2_000)
  upload.destroy()
  await new Promise((resolve) => upload.once('close', resolve))
  const answer = await imported(account, `iccid\n${lines.join('\n')}`)
  expect(answer).toEqual({ created: 1_000, known: 2_000, rejected: [] })
})

async function exported(account: TestAccount, format: 'csv' | 'ndjson'): Promise<string> {
  const { data } = await account.call(createExport, { kind: 'sim', format })
  const contentUrl = await eventually(async () => {
    const shown = (await account.call(getExport, { id: data[0]?.id ?? '' })).data[0]
    expect(shown?.contentUrl).toBeDefined()
    return shown?.contentUrl ?? ''
  })
  return (await platform.fetch(contentUrl, { key: account.key })).text()
}

test.each(['csv', 'ndjson'] as const)('an export of SIMs as %s can be imported as it is', async (format) => {
  const account = await platform.newAccount()
  const names = ['=1+1', "'=x", "''@", 'say "a;b"\r\nand more', 'é', undefined]
  for (const name of names) {
    const markers = [{ key: 'Site', value: name ?? 'x' }]
    await account.call(registerSim, { iccid: newIccid(), ...(name !== undefined && { name }), markers })
  }
  const other = await platform.newAccount()
  const type = format === 'csv' ? 'text/csv' : 'application/x-ndjson'
  const file = await exported(account, format)
  expect(await imported(other, file, type)).toMatchObject({ created: names.length, known: 0, rejected: [] })
  const shown = async ({ call }: TestAccount) =>
    (await call(listSims)).data.map(({ iccid, name, markers }) => ({ iccid, name, markers }))
  expect(await shown(other)).toEqual(await shown(account))
  expect(await imported(account, file, type)).toMatchObject({ created: 0, known: names.length, rejected: [] })
})

test('columns that are not known are named, and what is no CSV by its type is read as one', async () => {
  const account = await platform.newAccount()
  const csv = `ICCID;Colour;Marker.site;\r\n'${newIccid()};red;Kiel;\r\n="${newIccid()}";;;\r\n`
  for (const type of ['text/plain', 'application/vnd.ms-excel', 'application/octet-stream'])
    expect(await imported(account, csv, type)).toMatchObject({ ignoredColumns: ['Colour'], rejected: [] })
  expect(await count(account)).toBe(2)
  expect(await imported(account, 'iccid\n8.98830E+18')).toMatchObject({
    created: 0,
    rejected: [{ line: 2, reason: expect.stringContaining('the spreadsheet has cut the digits') }],
  })
})

test('a wrong check digit is refused, unless its column says otherwise', async () => {
  const account = await platform.newAccount()
  const csv =
    'iccid,checkdigit\n8988303000000614225,\n8988303000000614226,ignore\n898830300000061422,\n898600B5192271000001,\n'
  expect(await imported(account, csv)).toMatchObject({
    created: 3,
    rejected: [{ line: 2, reason: expect.stringContaining('check digit') }],
  })
})

test('a dry run says what would happen, and keeps nothing', async () => {
  const account = await platform.newAccount()
  const [known, fresh] = [newIccid(), newIccid()]
  await account.call(registerSim, { iccid: known })
  const csv = `iccid\n${known}\n${fresh}\n${fresh}F\n123\n`
  const answer = await platform.fetch(`${path}?dryRun=true`, {
    method: 'POST',
    key: account.key,
    body: csv,
    headers: { 'content-type': 'text/csv' },
  })
  const would = { created: 1, known: 2, rejected: [{ line: 5, reason: expect.any(String) }] }
  expect(((await answer.json()) as { data: SimImport[] }).data).toEqual([{ ...would, dryRun: true }])
  expect(await count(account)).toBe(1)
  expect(await imported(account, csv)).toEqual(would)
})
