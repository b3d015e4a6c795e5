import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

const clients = 32

/** Measures the unbatched upsert without pgbench: plain connections, each committing one row at a time. */
export async function measureUpserts(
  connection: pg.ClientConfig,
  { devices, document, seconds }: { devices: number; document: string; seconds: number },
): Promise<number> {
  let commits = 0
  let isOver = false
  const drive = async () => {
    const client = new pg.Client(connection)
    await client.connect()
    while (!isOver) {
      await client.query({
        name: 'upsert',
        text: 'INSERT INTO floor_checkin VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET document = excluded.document',
        values: [1 + Math.floor(Math.random() * devices), document],
      })
      commits++
    }
    await client.end()
  }
  const clock = async () => {
    await sleep(1_000)
    const [startedAt, before] = [performance.now(), commits]
    await sleep(seconds * 1000)
    isOver = true
    return ((commits - before) / (performance.now() - startedAt)) * 1000
  }
  const [rate] = await Promise.all([clock(), ...Array.from({ length: clients }, drive)])
  return rate
}
