import type { Context } from '../context.ts'
import { sendAll } from '../load.ts'
import { drawReporters, postReport } from '../reporter.ts'

/** What check-ins write to the log of PostgreSQL. */
export interface LogVolume {
  name: string
  bytesPerCheckin: number
  /** Images of pages, which the first change after a checkpoint writes. */
  imagesPerCheckin: number
  /** With 1,000,000 devices that check in every 900 s. */
  gigabytesPerDay: number
}

const connections = 256
const checkinsPerDay = (1_000_000 * 86_400) / 900

/**
 * The log between two checkpoints in which every online device checks in as often as it does every 900 s until the next
 * checkpoint is due. So the pages are in it as a whole as often as in practice, whatever the size of the fleet.
 */
export async function measureLog({ options, platform, fleet, client }: Context): Promise<LogVolume[]> {
  const reporters = await drawReporters(client, fleet, options.devices)
  const { rows: settings } = await client.query(
    "SELECT setting::int / 900 AS turns FROM pg_settings WHERE name = 'checkpoint_timeout'",
  )
  const checkins = Array.from({ length: Math.max(1, settings[0].turns) }, () => reporters).flat()
  const volumes: LogVolume[] = []
  for (const kind of ['partial', 'whole'] as const) {
    // The first time, the rows move to where there is room for their next versions.
    for (let turn = 0; turn < 2; turn++) {
      await client.query('CHECKPOINT')
      const before = await readLog()
      await sendAll(
        platform.port,
        connections,
        checkins.map((reporter) => postReport(reporter, kind)),
      )
      const after = await readLog()
      const of = (name: 'bytes' | 'images') => (after[name] - before[name]) / checkins.length
      if (turn === 0) continue
      volumes.push({
        name: `Check-in, ${kind}`,
        bytesPerCheckin: of('bytes'),
        imagesPerCheckin: of('images'),
        gigabytesPerDay: (of('bytes') * checkinsPerDay) / 1e9,
      })
    }
  }
  return volumes

  async function readLog(): Promise<{ bytes: number; images: number }> {
    const { rows } = await client.query(
      "SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS bytes, wal_fpi::float8 AS images FROM pg_stat_wal",
    )
    return rows[0]
  }
}
