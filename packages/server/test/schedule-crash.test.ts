import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSchedule } from '@mason/contract/schedule'
import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { newDevice } from './factories.ts'
import { usePlatform } from './harness.ts'
import { newDataDir, type Program } from './program.ts'
import { usePrograms } from './programs.ts'
import { urlOf } from './worker-processes.ts'

// The node of the tests answers requests, and does no work in the background: two processes do, and are killed.
const MASON_ENCRYPTION_KEY = randomBytes(32).toString('hex')
const platform = usePlatform({ ROLE: 'api,gateway', MASON_ENCRYPTION_KEY })
const start = usePrograms()

const [many, rounds] = [40, 4]

async function startWorker(): Promise<Program> {
  return start({
    ROLE: 'worker',
    MASON_ENCRYPTION_KEY,
    DATA_DIR: await newDataDir(),
    DATABASE_URL: urlOf(platform.connection),
    DATABASE_POOL_SIZE: '4',
  })
}

async function count(text: string): Promise<number> {
  const { rows } = await platform.database.pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${text}`)
  return rows[0]?.count ?? 0
}

test('two nodes run a schedule once for each time that is due, whichever of them is killed, and when', async () => {
  const account = await platform.newAccount()
  await newDevice(platform, account)
  for (let made = 0; made < many; made++)
    await account.call(createSchedule, {
      name: `number ${made}`,
      cron: '0 3 1 1 *',
      timezone: 'UTC',
      action: { notification: { type: 'refresh', target: { group: 'unassigned' } } },
    })
  const workers = [await startWorker(), await startWorker()]
  for (let round = 1; round <= rounds; round++) {
    await platform.database.pool.query(
      "UPDATE schedule SET next_run_at = now() - make_interval(mins => 60 - $1) - interval '1 second'",
      [round],
    )
    const before = many * (round - 1)
    await eventually(async () => expect(await count('schedule_run')).toBeGreaterThan(before), { interval: 5 })
    await sleep(randomInt(100))
    const victims = round % 3 === 0 ? [0, 1] : [round % 2]
    await Promise.all(victims.map((victim) => workers[victim]?.end('SIGKILL')))
    for (const victim of victims) workers[victim] = await startWorker()
    await eventually(async () => expect(await count('schedule WHERE next_run_at <= now()')).toBe(0))
    expect(await count('schedule_run')).toBe(many * round)
  }
  const { rows } = await platform.database.pool.query(`
    SELECT s.id, count(r.batch_id)::int AS runs, count(DISTINCT r.due_at)::int AS times,
           (SELECT count(*)::int FROM batch AS b WHERE b.created_by ->> 'id' = s.id::text) AS batches
    FROM schedule AS s LEFT JOIN schedule_run AS r ON r.schedule_id = s.id GROUP BY s.id`)
  expect(rows).toHaveLength(many)
  expect(rows.filter(({ runs, times, batches }) => runs !== rounds || times !== rounds || batches !== rounds)).toEqual(
    [],
  )
  expect(await count('notification')).toBe(many * rounds)
}, 240_000)
