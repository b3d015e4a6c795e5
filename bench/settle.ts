import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

/** Brings the database to the state in which a fleet of long standing is: counted, vacuumed, analysed and on disk. */
export async function settle(client: pg.Client): Promise<void> {
  const isCounting = async () =>
    (await client.query<{ rest: boolean }>('SELECT EXISTS (SELECT FROM counter_difference) AS rest')).rows[0]?.rest
  while (await isCounting()) await sleep(200)
  await client.query('VACUUM ANALYZE')
  await client.query('CHECKPOINT')
}
