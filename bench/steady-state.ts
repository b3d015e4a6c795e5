import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

/** Brings the database to the state of a fleet that has run for long: counted, vacuumed, analyzed and on disk. */
export async function reachSteadyState(client: pg.Client): Promise<void> {
  const isCounting = async () =>
    (await client.query<{ rest: boolean }>('SELECT EXISTS (SELECT FROM counter_difference) AS rest')).rows[0]?.rest
  while (await isCounting()) await sleep(200)
  await client.query('VACUUM ANALYZE')
  await client.query('CHECKPOINT')
}
