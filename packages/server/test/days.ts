import { dayMs } from '@mason/contract/time'
import { vi } from 'vitest'
import type { Platform } from './harness.ts'

/** The days of a test are counted from here, also over midnight. */
const now = Date.now()

/** Does all that a job that rolls days finds to do on that day, so many after today. */
export async function rollOn(platform: Platform, name: string, daysFromNow: number): Promise<void> {
  const job = platform.jobs.find((one) => one.name === name)
  if (!job) throw new Error(`there is no job ${name}`)
  vi.useFakeTimers({ toFake: ['Date'], now: now + daysFromNow * dayMs })
  try {
    while (await platform.database.transaction((tx) => job.run(tx))) {}
  } finally {
    vi.useRealTimers()
  }
}

/** The partition of a day. */
export const partitionOn = (table: string, daysFromNow: number) =>
  `${table}_${new Date(now + daysFromNow * dayMs).toISOString().slice(0, 10).replaceAll('-', '')}`

/** The partitions of days that a table has, with how many rows each. */
export async function rowsByDay(platform: Platform, table: string): Promise<Record<string, number>> {
  const { rows } = await platform.database.pool.query<{ name: string }>(
    'SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY name',
    [table],
  )
  const counts = rows.map(async ({ name }) => {
    const { rows: counted } = await platform.database.pool.query<{ count: number }>(`SELECT count(*) FROM ${name}`)
    return [name, counted[0]?.count ?? 0] as const
  })
  return Object.fromEntries(await Promise.all(counts))
}
