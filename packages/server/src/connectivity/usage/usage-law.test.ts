import { connect } from 'node:net'
import { dayMs } from '@mason/contract/time'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import {
  days,
  expectSums,
  type Figure,
  firstDay,
  type Mark,
  markerKeys,
  sims,
  type Truth,
} from '../../../test/usage-model.ts'
import { foldUsage } from './fold-usage.ts'

// Whatever comes in whatever order and however often, cut off at any place, every read is the plain sum over the
// distinct records.
const platform = usePlatform()

const bytes = fc.oneof(fc.nat(100), fc.nat(10_000_000), fc.constant(2 ** 40))
const aRecord = fc.record({
  iccid: fc.constantFrom(...sims),
  start: fc
    .oneof(
      fc.nat(days * dayMs - 1),
      fc.nat(days * 24 - 1).map((hour) => hour * 3_600_000),
    )
    .map((ms) => firstDay + ms),
  length: fc.oneof(fc.constant(0), fc.nat(3_600_000), fc.nat(3 * dayMs), fc.constant(dayMs)),
  upload: bytes,
  download: bytes,
  source: fc.constantFrom(undefined, undefined, 'a', 'b'),
})
const aFigure = fc.record({
  source: fc.constantFrom('a', 'b', '"c\\'),
  iccid: fc.constantFrom(...sims),
  day: fc.nat(days - 1).map((day) => firstDay + day * dayMs),
  upload: bytes,
  download: bytes,
})
const aMark = fc.record({
  iccid: fc.constantFrom(...sims),
  key: fc.constantFrom(...markerKeys),
  value: fc.constantFrom('a', 'b', 'c:d', '"é\\'),
  day: fc.nat(days + 1),
  isRemoval: fc.boolean(),
})

test('every read is the sum over the distinct records, and over the newest figures of sources', async () => {
  let crashes = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(aRecord, { minLength: 1, maxLength: 60 }),
      fc.array(aFigure, { maxLength: 30 }),
      fc.array(aMark, { maxLength: 6 }),
      fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
      async (drawn, figures, marks, noise) => {
        const account = await platform.newAccount()
        const truths = drawn.map(({ length, source, ...record }, index) => ({
          ...record,
          ...(source !== undefined && { source }),
          id: `r${index}`,
          end: record.start + length,
        }))
        const initial = await register(account, noise)
        const known = [...initial]
        let turn = 0
        const next = () => noise[turn++ % noise.length] ?? 0

        // Each connection has all the records in an order of its own, some of them twice, in batches.
        const connections = [0, 1, 2].map(() =>
          shuffled([...truths, ...truths.slice(0, next() % 10), ...figures], next),
        )
        const sending = connections.map(async (records, connection) => {
          while (records.length > 0)
            await post(account, records.splice(0, 1 + (next() % 25)), connection, next() % 3 === 0)
        })
        const marking = (async () => {
          for (const mark of marks) await applyMark(account, known, mark)
        })()
        let isSent = false
        const disturbing = (async () => {
          for (let ended = 0; !isSent; ) {
            const hit = ended < 2 ? await terminateIngests() : 0
            ended += hit
            crashes += hit
            await platform.database.transaction((tx) => foldUsage.run(tx))
          }
        })()
        await Promise.all([...sending, marking]).finally(() => {
          isSent = true
        })
        await disturbing
        // What a crash kept from being written is sent again.
        await post(account, [...truths, ...figures], 0, false)
        // Of a source, a SIM and a day the last one stays.
        const newest = [...new Map(figures.map((one) => [`${one.source} ${one.iccid} ${one.day}`, one])).values()]
        await expectSums(account, truths, known, newest)
        await platform.database.transaction((tx) => foldUsage.run(tx))
        await expectSums(account, truths, known, newest)
      },
    ),
    { numRuns: 12, endOnFailure: true },
  )
  expect(crashes).toBeGreaterThan(0)
}, 120_000)

async function register({ accountId }: TestAccount, noise: number[]): Promise<Mark[]> {
  const marks = sims.slice(0, 2).map((iccid, index) => ({
    iccid,
    key: 'customer',
    value: (noise[index] ?? 0) % 2 === 0 ? 'a' : 'b',
    from: -Infinity,
    until: Infinity,
  }))
  await platform.database.transaction(async (tx) => {
    await tx.query(sql`
      INSERT INTO sim (account_id, iccid, carrier) SELECT ${accountId}, iccid, 'manual' FROM unnest(${sims}::text[]) AS iccid`)
    for (const { iccid, key, value } of marks)
      await tx.query(
        sql`INSERT INTO sim_marker (account_id, iccid, key, value) VALUES (${accountId}, ${iccid}, ${key}, ${value})`,
      )
  })
  return marks
}

/** As the calls do it, on a day of the test's choice: what the marker had from that day on ends. */
async function applyMark(
  { accountId }: TestAccount,
  known: Mark[],
  { iccid, key, value, day, isRemoval }: { iccid: string; key: string; value: string; day: number; isRemoval: boolean },
): Promise<void> {
  const from = firstDay + day * dayMs
  const isoDay = new Date(from).toISOString().slice(0, 10)
  const its = sql`account_id = ${accountId} AND iccid = ${iccid} AND key = ${key}`
  await platform.database.transaction(async (tx) => {
    await tx.query(sql`SELECT FROM sim WHERE account_id = ${accountId} AND iccid = ${iccid} FOR UPDATE`)
    await tx.query(sql`DELETE FROM sim_marker WHERE ${its} AND from_day >= ${isoDay}`)
    await tx.query(sql`UPDATE sim_marker SET until_day = ${isoDay} WHERE ${its} AND until_day > ${isoDay}`)
    if (!isRemoval)
      await tx.query(sql`
        INSERT INTO sim_marker (account_id, iccid, key, value, from_day) VALUES (${accountId}, ${iccid}, ${key}, ${value}, ${isoDay})`)
  })
  const others = known.filter((mark) => mark.iccid !== iccid || mark.key !== key)
  const earlier = known
    .filter((mark) => mark.iccid === iccid && mark.key === key && mark.from < from)
    .map((mark) => ({ ...mark, until: Math.min(mark.until, from) }))
  known.splice(0, known.length, ...others, ...earlier)
  if (!isRemoval) known.push({ iccid, key, value, from, until: Infinity })
}

/** One of the three forms; a connection that is cut half-way leaves what it leaves. */
async function post({ key }: TestAccount, records: (Truth | Figure)[], form: number, isCut: boolean): Promise<void> {
  const rows = records.map((record) => {
    if ('day' in record) return { ...record, day: new Date(record.day).toISOString().slice(0, 10) }
    const { start, end, ...rest } = record
    return { ...rest, start: new Date(start).toISOString(), ...(end !== start && { end: new Date(end).toISOString() }) }
  })
  const columns = ['day', 'download', 'end', 'iccid', 'id', 'source', 'start', 'upload'] as const
  const cellOf = (text: unknown) =>
    String(text).includes('"') ? `"${String(text).replaceAll('"', '""')}"` : String(text)
  const lines =
    form === 1
      ? [
          columns.join(','),
          ...rows.map((row) => columns.map((name) => (name in row ? cellOf(row[name as 'iccid']) : '')).join(',')),
        ]
      : rows.map((row) => JSON.stringify(row))
  const type = ['application/json', 'text/csv', 'application/x-ndjson'][form] ?? ''
  const text = form === 0 ? JSON.stringify({ records: rows }) : `${lines.join('\n')}\n`
  if (isCut) return sendHalf(key, type, text)
  const answer = await platform.fetch('/v1/default/usage', {
    method: 'POST',
    key,
    body: text,
    headers: { 'content-type': type },
  })
  const outcome = (await answer.json()) as { data?: { accepted: number; duplicates: number; rejected: unknown[] }[] }
  // Its connection to the database was ended.
  if (answer.status === 503) return
  expect(answer.status).toBe(200)
  expect(outcome.data?.[0]?.rejected).toEqual([])
  expect((outcome.data?.[0]?.accepted ?? 0) + (outcome.data?.[0]?.duplicates ?? 0)).toBe(records.length)
}

/** A request whose connection breaks in the middle of the body. */
function sendHalf(key: string, type: string, text: string): Promise<void> {
  const half = text.slice(0, Math.floor(text.length / 2))
  const { hostname, port } = new URL(platform.url)
  const head = `POST /v1/default/usage HTTP/1.1\r\nHost: x\r\nAuthorization: basic ${key}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(head + half, () => socket.resetAndDestroy()))
    socket.on('error', () => {}).once('close', () => resolve())
  })
}

/** Ends the connections to the database that write usage, in the middle of what they do, and tells how many. */
async function terminateIngests(): Promise<number> {
  const { rowCount } = await platform.database.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND state <> 'idle' AND query ~ '(COPY|INTO|UPDATE) usage_(record|sim_month|source_month)' AND pid <> pg_backend_pid()`,
  )
  return rowCount ?? 0
}

function shuffled<T>(items: T[], next: () => number): T[] {
  return items
    .map((item) => ({ item, at: next() % 1009 }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
