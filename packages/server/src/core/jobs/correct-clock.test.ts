import { createEnrollment } from '@mason/contract/enrollment'
import { notifyDevice } from '@mason/contract/notification'
import { registerSim, updateSim } from '@mason/contract/sim'
import sql, { type Sql } from 'sql-template-tag'
import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { newIccid } from '../../../test/unique.ts'
import { bucketsOf, countGuess } from '../../access/auth/throttle.ts'
import { LiveCache } from '../../access/credential/live-cache.ts'
import { type Rate, RateLimiter } from '../../access/rate-limit.ts'
import type { Db } from '../db/database.ts'
import { correctClock } from './correct-clock.ts'

// Clocks are set by hand, by a virtual machine that was paused, by a time server that was wrong. Whatever waits, counts or
// lends by a clock goes on as if it had not moved.

const platform = usePlatform({}, { areJobsRunning: false })
const hour = 3_600

/** The database as it would be if its clock were set so many seconds on. */
function withClock(db: Db, seconds: () => number): Db {
  const moved = (text: string) =>
    text.replaceAll(/\b(clock_timestamp|now)\(\)/g, `($1() + make_interval(secs => ${seconds()}))`)
  return {
    ...db,
    query: (query) => db.query({ ...query, text: moved(query.text), values: query.values } as Sql),
    transaction: (work) => db.transaction((tx) => work(withClock(tx, seconds))),
  }
}

const jumps = [
  ['an hour on', [0, hour]],
  ['an hour back', [0, -hour]],
  ['an hour on and back again', [0, hour, 0]],
  ['an hour back and on again', [0, -hour, 0]],
] as const

test.each(jumps)('a clock that goes %s fills no bucket of requests and holds nobody up', (_name, clock) => {
  let now = 0
  const limiter = new RateLimiter(() => now)
  const rate: Rate = { perSecond: 1, burst: 5 }
  for (const seconds of clock) {
    now = seconds * 1_000
    for (let count = 0; count < 10; count++) {
      const { left, retrySeconds, resetSeconds } = limiter.take('a', rate)
      expect(left).toBeGreaterThanOrEqual(0)
      expect(retrySeconds).toBeLessThanOrEqual(1)
      expect(resetSeconds).toBeLessThanOrEqual(5)
    }
  }
  now += 1_000
  expect(limiter.take('a', rate).isAllowed).toBe(true)
})

test.each(jumps)('a clock that goes %s locks nobody out of signing in', async (name, clock) => {
  let seconds = 0
  const db = withClock(platform.database, () => seconds)
  const buckets = bucketsOf(`user ${name}`, { address: '192.0.2.1', isKnown: true }).slice(0, 1)
  let longest = 0
  for (const moment of clock) {
    seconds = moment
    for (let count = 0; count < 11; count++)
      await countGuess(db, buckets).catch(({ details }) => {
        longest = Math.max(longest, details.retryAfter)
      })
  }
  // One a minute is forgiven, and no more than these were made.
  expect(longest).toBeLessThanOrEqual(60 * 11 * clock.length)
  expect(longest).toBeGreaterThan(0)
})

test.each(jumps)('a clock that goes %s keeps no credential alive that has ended', async (_name, clock) => {
  let seconds = 0
  const db = withClock(platform.database, () => seconds)
  const { database } = platform
  await database.query(sql`CREATE TABLE IF NOT EXISTS lent (name text, ended_at timestamptz)`)
  const cache = new LiveCache(db, platform.background)
  const forgotten = new Set<string>()
  const lookup = cache.add<{ name: string }>({
    load: async (name) => ({ name }),
    changed: (since) => sql`SELECT name FROM lent WHERE ended_at > ${since}`,
  })
  const look = () => cache.look()
  for (const [index, moment] of clock.entries()) {
    const name = `${_name} ${index}`
    await lookup.load(name)
    await look()
    expect(lookup.known(name)).toBeDefined()
    await db.query(sql`INSERT INTO lent SELECT ${name}, clock_timestamp()`)
    // The clock moves before the next look.
    seconds = clock[index + 1] ?? moment
    await look()
    if (lookup.known(name) === undefined) forgotten.add(name)
  }
  expect(forgotten.size).toBe(clock.length)
})

test('what a clock that ran ahead has stamped counts as now: leases, lives, repetitions, jobs', async () => {
  const { database } = platform
  const owner = await platform.newAccount()
  const device = await newDevice(platform, owner)
  await owner.call(createEnrollment, {})
  const { data } = await owner.call(notifyDevice, { id: device.id, type: 'refresh' })
  const iccid = newIccid()
  await owner.call(registerSim, { iccid, carrier: 'simulated', markers: [{ key: 'simulated', value: 'slow:9' }] })
  await owner.call(updateSim, { iccid, state: 'active' })
  const gateway = crypto.randomUUID()
  const inAnHour = sql`now() + interval '1 hour'`
  await database.query(sql`
    INSERT INTO gateway (id, seen_at, started_at, up_since) VALUES (${gateway}, ${inAnHour}, ${inAnHour}, ${inAnHour})`)
  await database.query(sql`INSERT INTO queue_worker (id, seen_at) VALUES ('ahead', ${inAnHour})`)
  await database.query(sql`
    UPDATE notification SET state = 'sent', gateway = ${gateway}, delivered_at = ${inAnHour} WHERE id = ${data[0]?.id}`)
  await database.query(sql`
    UPDATE sim SET pending_state = 'active', carrier_due = ${inAnHour} + interval '10 seconds' WHERE iccid = ${iccid}`)
  await database.query(sql`
    INSERT INTO sim_setting (account_id, iccid, setting, carrier, changed_by, due)
    VALUES (${owner.accountId}, ${iccid}, 'imeiLock', 'simulated', '{}', ${inAnHour})`)
  await database.query(sql`SELECT graphile_worker.add_job('nothing', run_at => ${inAnHour})`)
  await database.query(sql`
    UPDATE graphile_worker._private_jobs SET updated_at = ${inAnHour} WHERE run_at > now() + interval '50 minutes'`)

  await database.transaction((tx) => correctClock.run(tx))
  const { rows } = await database.query<{ what: string; at: Date }>(sql`
    SELECT 'gateway' AS what, greatest(seen_at, started_at, up_since) AS at FROM gateway WHERE id = ${gateway}
    UNION ALL SELECT 'worker', seen_at FROM queue_worker WHERE id = 'ahead'
    UNION ALL SELECT 'repetition', delivered_at FROM notification WHERE id = ${data[0]?.id}
    UNION ALL SELECT 'carrier', carrier_due FROM sim WHERE iccid = ${iccid} AND carrier_due IS NOT NULL
    UNION ALL SELECT 'setting', due FROM sim_setting WHERE iccid = ${iccid}
    UNION ALL SELECT 'job', max(run_at) FROM graphile_worker.jobs WHERE task_identifier = 'nothing'`)
  const { rows: clock } = await database.query<{ now: Date }>(sql`SELECT now() + interval '2 minutes' AS now`)
  expect(rows.map(({ what }) => what).toSorted()).toEqual([
    'carrier',
    'gateway',
    'job',
    'repetition',
    'setting',
    'worker',
  ])
  for (const { what, at } of rows) expect(at.getTime(), what).toBeLessThan(clock[0]?.now.getTime() ?? 0)
})
