import { type Comparison, compare } from '../compare.ts'
import type { Context } from '../context.ts'
import { findPgbench, preparePgbench } from '../floor/pgbench.ts'
import { measureUpserts } from '../floor/upsert.ts'
import { measureLoad, sendAll } from '../load.ts'
import { processesOf } from '../platform.ts'
import { pick } from '../random.ts'
import { drawReporters, type Reporter } from '../reporter.ts'

const connections = 256
const maxReporters = 50_000

/** Check-ins of many devices at once, each answered after its commit: partial reports and whole ones. */
export async function measureCheckin({ options, platform, fleet, client }: Context): Promise<Comparison[]> {
  const reporters = await drawReporters(client, fleet, maxReporters)
  const { floorIs, measureFloor } = await prepareFloor(platform.connection)
  // Every device has checked in before, as in any hour but the first after a start.
  await sendAll(
    platform.port,
    connections,
    reporters.map((reporter) => reporter.partial()),
  )
  const comparisons: Comparison[] = []
  for (const kind of ['partial', 'whole'] as const) {
    const document = bodyOf(reporters[0]?.[kind]() ?? '')
    await fillFloor(client, options.devices, document)
    await client.query('CHECKPOINT')
    const request = () => pick<Reporter>(reporters)[kind]()
    const { seconds } = options
    comparisons.push(
      await compare({
        path: `Check-in, ${kind} (${document.length} bytes)`,
        floorIs,
        target: 1.5,
        rounds: options.rounds,
        processes: { ...processesOf(platform) },
        ours: () => measureLoad({ port: platform.port, connections, seconds, request }),
        floor: () => measureFloor({ devices: options.devices, document, seconds }),
      }),
    )
  }
  return comparisons
}

const bodyOf = (request: string) => request.slice(request.indexOf('\r\n\r\n') + 4)

async function fillFloor(client: Context['client'], devices: number, document: string): Promise<void> {
  await client.query('DROP TABLE IF EXISTS floor_checkin')
  await client.query('CREATE TABLE floor_checkin (id int PRIMARY KEY, document text NOT NULL) WITH (fillfactor = 70)')
  await client.query('INSERT INTO floor_checkin SELECT id, $2 FROM generate_series(1, $1::int) AS id', [
    devices,
    document,
  ])
  await client.query('VACUUM ANALYZE floor_checkin')
}

async function prepareFloor(connection: Context['platform']['connection']) {
  const pgbench = findPgbench()
  const what = 'one committed upsert of the report at a time'
  if (!pgbench)
    return {
      floorIs: `32 pg connections, ${what}`,
      measureFloor: (run: Parameters<typeof measureUpserts>[1]) => measureUpserts(connection, run),
    }
  return { floorIs: `pgbench, 32 clients, ${what}`, measureFloor: await preparePgbench(pgbench, connection) }
}
