import { type Comparison, compare } from '../compare.ts'
import type { Context } from '../context.ts'
import { findPgbench, preparePgbench } from '../floor/pgbench.ts'
import { measureUpserts } from '../floor/upsert.ts'
import { measureLoad, sendAll } from '../load.ts'
import { processesOf } from '../platform.ts'
import { pick } from '../random.ts'
import { drawReporters, postReport, type Reporter, writeReport } from '../reporter.ts'
import { startSimulator } from '../simulator/simulator.ts'

const connections = 256
const maxReporters = 50_000
/** Devices connected over MQTT: enough that none comes near its own rate limit. */
const maxConnected = 10_000

/** Check-ins of many devices at once, each answered after its commit: partial and whole reports, over both transports. */
export async function measureCheckin({ options, platform, fleet, client }: Context): Promise<Comparison[]> {
  const reporters = await drawReporters(client, fleet, maxReporters)
  const { floorIs, measureFloor } = await prepareFloor(platform.connection)
  // Every device has checked in before, as is usual except in the first hour after a start.
  await sendAll(
    platform.port,
    connections,
    reporters.map((reporter) => postReport(reporter, 'partial')),
  )
  const simulator = startSimulator()
  const connected = reporters.slice(0, Math.min(maxConnected, options.connections))
  await simulator.connect({ port: platform.mqttPort, devices: connected, concurrency: 200, isAcknowledging: false })
  const { seconds, rounds } = options
  const comparisons: Comparison[] = []
  for (const kind of ['partial', 'whole'] as const) {
    const document = writeReport(reporters[0]?.[kind] ?? [''])
    await fillFloor(client, options.devices, document)
    const floor = () => measureFloor({ devices: options.devices, document, seconds })
    const transports = {
      HTTP: () => {
        const request = () => postReport(pick<Reporter>(reporters), kind)
        return measureLoad({ port: platform.port, connections, seconds, request })
      },
      MQTT: () =>
        simulator.report({ reports: connected.map((reporter) => reporter[kind]), inFlight: connections, seconds }),
    }
    for (const [transport, ours] of Object.entries(transports)) {
      await client.query('CHECKPOINT')
      comparisons.push(
        await compare({
          path: `Check-in by ${transport}, ${kind} (${document.length} bytes)`,
          floorIs,
          target: 1.5,
          rounds,
          processes: { ...processesOf(platform), devices: { pid: simulator.pid } },
          ours,
          floor,
        }),
      )
    }
  }
  await simulator.disconnect()
  return comparisons
}

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
