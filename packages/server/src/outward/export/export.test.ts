import { createApiKey } from '@mason/contract/apikey'
import { listDevices } from '@mason/contract/device'
import { createExport, exportFilters, getExport, listExports, type NewExport } from '@mason/contract/export'
import { getSim, registerSim } from '@mason/contract/sim'
import { getSimUsageSeries } from '@mason/contract/usage'
import { createClient } from '@mason/sdk/client'
import { parse } from 'csv-parse/sync'
import sql from 'sql-template-tag'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { newIccid } from '../../../test/unique.ts'
import { collectOrphans } from '../../core/storage/collect.ts'
import { expireExports } from './expire.ts'

const platform = usePlatform()

async function finished(account: TestAccount, id: string) {
  return eventually(async () => {
    const { data } = await account.call(getExport, { id })
    expect(data[0]?.state).toMatch(/succeeded|failed/)
    return data[0]
  })
}

async function exported(account: TestAccount, what: NewExport) {
  const { data } = await account.call(createExport, what)
  const done = await finished(account, data[0]?.id ?? '')
  expect(done).toMatchObject({ state: 'succeeded', progress: 1 })
  return { ...done, contentUrl: done?.contentUrl ?? '', rows: done?.rows }
}

const download = (account: TestAccount, url: string, headers: Record<string, string> = {}) =>
  platform.fetch(url, { key: account.key, headers })

describe('an export of devices', () => {
  it('has every device that passes the filters, as the API shows it', async () => {
    const account = await platform.newAccount()
    const [first] = [await newDevice(platform, account), await newDevice(platform, account, { family: 'G430' })]
    await first?.checkIn({ bootId: 'b', battery: { level: '81' }, os: { masonOS: { release: '3.1' } } })
    const all = await exported(account, { kind: 'device', format: 'ndjson' })
    const lines = (await (await download(account, all.contentUrl)).text()).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual((await account.call(listDevices)).data)
    expect(all).toMatchObject({ rows: 2, filters: {} })
    const some = await exported(account, { kind: 'device', format: 'ndjson', family: 'G430' })
    expect(some).toMatchObject({ rows: 1, filters: { family: 'G430' } })
  })

  it('is CSV with a header, and nothing that a spreadsheet would execute', async () => {
    const account = await platform.newAccount()
    const names = ['=1+1', '+1', '-1', '@a', '\tx', '\rx', 'say "a,b"\r\nand more', 'plain', 'ö💡', "'=1", "'a", '＝1']
    names.push('line\nfeed', 'back\\slash \\n', 'x')
    for (const name of names) await newDevice(platform, account, { name })
    const { contentUrl } = await exported(account, { kind: 'device', format: 'csv' })
    const answer = await download(account, contentUrl)
    expect(answer.headers.get('content-type')).toMatch(/^text\/csv/)
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="device-[0-9a-f-]{36}\.csv"$/)
    const text = await answer.text()
    expect(text).toMatch(/^id,name,serialnumber,imei,[^\n]*\r\n/)
    const rows = parse(text, { columns: true }) as Record<string, string>[]
    expect(rows.map(({ name }) => name)).toEqual(
      names.map((name) => (/^'*[=+\-@\t\r＝]/.test(name) ? `'${name}` : name)),
    )
    expect(rows[0]).toMatchObject({
      family: 'D450',
      group: 'unassigned',
      online: 'true',
      imei: '',
      projectUpdated: 'true',
    })
    const none = await exported(account, { kind: 'device', format: 'csv', name: 'nobody' })
    expect(await (await download(account, none.contentUrl)).text()).toBe(text.slice(0, text.indexOf('\n') + 1))
  })

  it('shows one moment, whatever happens meanwhile, at any number of rows', async () => {
    const account = await platform.newAccount()
    await platform.database.query(sql`
      INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash, identity)
      SELECT ${account.accountId}, gen_random_uuid(), 'd' || i, i::text, 'D450', 'unassigned', '', ''
      FROM generate_series(1, 4000) AS i`)
    const { data } = await account.call(createExport, { kind: 'device', format: 'ndjson' })
    await platform.database.query(sql`UPDATE device SET name = 'x' || name WHERE account_id = ${account.accountId}`)
    const done = await finished(account, data[0]?.id ?? '')
    const text = await (await download(account, done?.contentUrl ?? '')).text()
    const names = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).name as string)
    expect(done?.rows).toBe(4_000)
    expect(new Set(names.map((name) => name.replace(/^x/, ''))).size).toBe(4_000)
    expect(new Set(names.map((name) => name[0])).size).toBe(1)
  })
})

describe('an export of SIMs and their usage', () => {
  it('has a column for each marker, named as an import has it', async () => {
    const account = await platform.newAccount()
    const [first, second] = [newIccid(), newIccid()].sort() as [string, string]
    const markers = [
      { key: 'customer', value: '=taxi' },
      { key: 'a.long-key_that.PostgreSQL-would_cut.off-at_sixty.three-bytes_of.it', value: 'x' },
    ]
    await account.call(registerSim, { iccid: first, name: 'Till, 1', markers })
    await account.call(registerSim, { iccid: second, carrier: 'simulated' })
    const { contentUrl } = await exported(account, { kind: 'sim', format: 'csv' })
    const rows = parse(await (await download(account, contentUrl)).text(), { columns: true }) as Record<
      string,
      string
    >[]
    expect(rows).toMatchObject([
      {
        iccid: first,
        name: 'Till, 1',
        state: 'ready',
        'marker.customer': "'=taxi",
        [`marker.${markers[1]?.key}`]: 'x',
      },
      { iccid: second, carrier: 'simulated', 'marker.customer': '' },
    ])
    const some = await exported(account, { kind: 'sim', format: 'ndjson', marker: 'customer:=taxi' })
    const line = (await (await download(account, some.contentUrl)).text()).trimEnd()
    expect(JSON.parse(line)).toEqual((await account.call(getSim, { iccid: first })).data[0])
  })

  it('has the days of SIMs, with their markers', async () => {
    const account = await platform.newAccount()
    const [first, second] = [newIccid(), newIccid()].sort() as [string, string]
    await account.call(registerSim, { iccid: first, markers: [{ key: 'site', value: 'a' }] })
    await account.call(registerSim, { iccid: second })
    const records = [
      { id: '1', iccid: first, start: '2026-10-02T23:00:00Z', end: '2026-10-03T01:00:00Z', upload: 10, download: 3 },
      { id: '1', iccid: second, start: '2026-10-03T05:00:00Z', upload: 7, download: 0 },
      { id: '2', iccid: second, start: '2026-10-05T05:00:00Z', upload: 7, download: 0 },
    ]
    await platform.fetch('/v1/default/usage', { method: 'POST', key: account.key, body: JSON.stringify({ records }) })
    const window = { start: '2026-10-02', end: '2026-10-05' }
    const all = await exported(account, { kind: 'usage', format: 'csv', ...window })
    expect(await (await download(account, all.contentUrl)).text()).toBe(
      `iccid,date,upload,download,total\r\n${first},2026-10-02,5,1,6\r\n${first},2026-10-03,5,2,7\r\n${second},2026-10-03,7,0,7\r\n`,
    )
    const marked = await exported(account, { kind: 'usage', format: 'ndjson', ...window, marker: 'site', iccid: first })
    const lines = (await (await download(account, marked.contentUrl)).text()).trimEnd().split('\n')
    const series = await account.call(getSimUsageSeries, { iccid: first, ...window, marker: 'site' })
    expect(lines.map((line) => JSON.parse(line))).toEqual(series.data.slice(0, 2))
  })

  it('takes the filters of its kind alone, and says at once what is wrong with them', async () => {
    const account = await platform.newAccount()
    const refused = (what: NewExport) => expect(account.call(createExport, what)).rejects.toMatchObject({ status: 400 })
    await refused({ kind: 'sim', format: 'csv', online: true })
    await refused({ kind: 'device', format: 'csv', marker: 'a:b' })
    await refused({ kind: 'sim', format: 'csv', marker: 'a' })
    await refused({ kind: 'usage', format: 'csv', start: '2026-10-02' })
    await refused({ kind: 'usage', format: 'csv', start: '2026-10-02', end: '2026-10-01' })
  })
})

/** What an export is asked for by: words that mean something to SQL, where the filter takes any. */
const filterValues: Record<string, unknown> = {
  ...{
    online: true,
    outOfDate: false,
    checkedInBefore: '2026-11-01T00:00:00Z',
    checkedInAfter: '2026-11-01T00:00:00Z',
  },
  ...{ state: 'active', marker: "customer:it's", start: '2026-11-01', end: '2026-11-03' },
  filter: `name=="it's \\\\ 100 %*"`,
}
const days = { start: '2026-11-01', end: '2026-11-03' }

it.each(
  Object.entries(exportFilters).flatMap(([kind, filters]) => Object.keys(filters).map((name) => ({ kind, name }))),
)('an export of kind $kind can be filtered by $name', async ({ kind, name }) => {
  const account = await platform.newAccount()
  const filters = { ...(kind === 'usage' && days), [name]: filterValues[name] ?? "it's \\ 100 %" }
  // That somebody asks for an export is in the trail.
  const expected = { state: 'succeeded', ...(kind !== 'audit' && { rows: 0 }) }
  for (const format of ['csv', 'ndjson'])
    expect(await exported(account, { kind, format, ...filters } as NewExport)).toMatchObject(expected)
})

describe('the file of an export', () => {
  it('is downloaded whole or in parts, and again only when it is another one', async () => {
    const account = await platform.newAccount()
    await newDevice(platform, account)
    const { contentUrl, size = 0 } = await exported(account, { kind: 'device', format: 'csv' })
    const whole = await download(account, contentUrl)
    const bytes = Buffer.from(await whole.arrayBuffer())
    const etag = whole.headers.get('etag') ?? ''
    expect(bytes.length).toBe(size)
    expect(whole.headers.get('accept-ranges')).toBe('bytes')

    const part = await download(account, contentUrl, { range: 'bytes=10-19' })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-19/${size}`])
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true)
    const tail = await download(account, contentUrl, { range: 'bytes=-5', 'if-range': etag })
    expect(await tail.text()).toBe(bytes.subarray(-5).toString())
    const other = await download(account, contentUrl, { range: 'bytes=-5', 'if-range': '"other"' })
    expect([other.status, (await other.text()).length]).toEqual([200, size])

    const beyond = await download(account, contentUrl, { range: `bytes=${size}-` })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${size}`])
    expect(await beyond.json()).toMatchObject({ type: 'invalid_request_error' })

    const same = await download(account, contentUrl, { 'if-none-match': `"x", W/${etag}` })
    expect([same.status, await same.text(), same.headers.get('etag')]).toEqual([304, '', etag])
    const head = await platform.fetch(contentUrl, { method: 'HEAD', key: account.key, headers: { range: 'bytes=0-1' } })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(size)])
  })

  it('is a 409 until it is there', async () => {
    const account = await platform.newAccount()
    const id = '0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'
    await platform.database.query(sql`
      INSERT INTO export (account_id, id, kind, format, filters)
      VALUES (${account.accountId}, ${id}, 'device', 'csv', '{}')`)
    expect((await download(account, `/v1/default/export/${id}/content`)).status).toBe(409)
  })

  it('is forgotten with the export, and another export with the same bytes keeps it', async () => {
    const account = await platform.newAccount()
    await newDevice(platform, account)
    const what = { kind: 'device', format: 'csv', name: 'nobody' } as const
    const [old, young] = [await exported(account, what), await exported(account, what)]
    await platform.database.query(sql`UPDATE export SET finished_at = now() - interval '8 days' WHERE id = ${old.id}`)
    await platform.database.query(sql`UPDATE storage_object SET kept_at = now() - interval '2 days'`)
    await expireExports(7).run(platform.database)
    await platform.database.transaction((tx) => collectOrphans(platform.storage.objects).run(tx))
    expect((await download(account, old.contentUrl)).status).toBe(404)
    expect((await download(account, young.contentUrl)).status).toBe(200)
  })
})

describe('exporting', () => {
  it('is started over when the node that worked on it died', async () => {
    const account = await platform.newAccount()
    await newDevice(platform, account)
    const id = '0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b12'
    // What a node leaves behind that is killed while it writes.
    await platform.database.query(sql`
      INSERT INTO export (account_id, id, kind, format, filters, state, attempts, rows, progress)
      VALUES (${account.accountId}, ${id}, 'device', 'csv', '{}', 'running', 1, 500, 0.5)`)
    await platform.database.transaction(async (tx) => {
      await tx.query(sql`
        SELECT graphile_worker.add_job('export', ${JSON.stringify({ accountId: account.accountId, id })}::json, 'dead')`)
      await tx.query(sql`
        UPDATE graphile_worker._private_jobs SET locked_at = now() - interval '1 minute', locked_by = 'dead'
        WHERE payload ->> 'id' = ${id}`)
      await tx.query(sql`
        UPDATE graphile_worker._private_job_queues SET locked_at = now() - interval '1 minute', locked_by = 'dead'
        WHERE queue_name = 'dead'`)
    })
    await platform.addNode()
    expect(await finished(account, id)).toMatchObject({ state: 'succeeded', rows: 1 })
  })

  it('is given up after some attempts, with a reason', async () => {
    const account = await platform.newAccount()
    const { data } = await account.call(createExport, { kind: 'device', format: 'csv', name: 'nobody' })
    const id = data[0]?.id ?? ''
    await finished(account, id)
    await platform.database.query(sql`
      UPDATE export SET state = 'running', attempts = 5, sha256 = NULL, finished_at = NULL WHERE id = ${id}`)
    await platform.database.query(sql`
      SELECT graphile_worker.add_job('export', ${JSON.stringify({ accountId: account.accountId, id })}::json)`)
    expect(await finished(account, id)).toMatchObject({ state: 'failed', reason: expect.stringContaining('stopped') })
  })

  it('happens once for an Idempotency-Key, and not without end', async () => {
    const account = await platform.newAccount()
    const post = (key: string) =>
      platform.fetch('/v1/default/export', {
        method: 'POST',
        key: account.key,
        headers: { 'idempotency-key': key },
        body: JSON.stringify({ kind: 'device', format: 'csv' }),
      })
    const answers = await Promise.all([(await post('a')).json(), (await post('a')).json()])
    expect(answers[0]).toEqual(answers[1])
    await platform.database.query(sql`
      INSERT INTO export (account_id, id, kind, format, filters)
      SELECT ${account.accountId}, gen_random_uuid(), 'device', 'csv', '{}' FROM generate_series(1, 5)`)
    expect((await post('b')).status).toBe(409)
  })

  it('needs the scope that reading needs, and lists only what may be read', async () => {
    const account = await platform.newAccount()
    const { id, self } = await exported(account, { kind: 'device', format: 'csv' })
    expect((await account.call(listExports, { kind: 'device', state: 'succeeded' })).data.map((one) => one.id)).toEqual(
      [id],
    )
    await exported(account, { kind: 'sim', format: 'csv' })
    const { data } = await account.call(createApiKey, { name: 'other', scopes: ['connect:read'] })
    const other = createClient({ baseUrl: platform.url, key: data[0]?.key ?? '', maxRetries: 0 })
    await expect(other.call(getExport, { id: id ?? '' })).rejects.toMatchObject({ status: 403 })
    await expect(other.call(createExport, { kind: 'device', format: 'csv' })).rejects.toMatchObject({ status: 403 })
    expect((await other.call(listExports)).data.map(({ kind }) => kind)).toEqual(['sim'])
    const outsider = await platform.newAccount()
    expect((await download(outsider, self ?? '')).status).toBe(404)
    expect((await download(outsider, `${self}/content`)).status).toBe(404)
  })
})
