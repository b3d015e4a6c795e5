import { setTimeout as sleep } from 'node:timers/promises'
import { readResidentKb } from '../memory.ts'
import { startSimulator } from '../simulator/simulator.ts'
import type { ChannelContext, Measure } from './context.ts'
import { fillAccount } from './fleet.ts'
import { brokerKnows, platformKnows } from './presence.ts'

const concurrency = 200
const restMs = 10_000

/** Measures the resident memory of each subscribed, silent connection, on a server that has done nothing else. */
export async function measureIdle(context: ChannelContext): Promise<Measure[]> {
  const { options, platform, broker } = context
  const count = connectionsAtMost(options.idle)
  const { accountId, devices } = await fillAccount(context, 'idle', count)
  const simulator = startSimulator()
  const measure = async (pid: number, port: number, knows: (connections: number) => Promise<void>) => {
    const before = readResidentKb(pid)
    await simulator.connect({ port, devices, concurrency, isAcknowledging: false })
    await knows(count)
    await sleep(restMs)
    const each = (readResidentKb(pid) - before) / count
    await simulator.disconnect()
    await knows(0)
    return each
  }
  const ours = await measure(platform.pid, platform.mqttPort, (connected) =>
    platformKnows(context, { accountId, devices: connected, simulator }),
  )
  const floor = await measure(broker.pid, broker.port, (connected) => brokerKnows(broker, connected))
  process.stderr.write(`idle: ${ours.toFixed(1)} KB each, aedes alone ${floor.toFixed(1)} KB\n`)
  const name = `Memory of an idle connection, of ${count.toLocaleString('en')}`
  return [{ name, ours, floor, unit: 'KB', target: '≤ 24 KB' }]
}

/** Other open files of a process: data files, pipes and connections to PostgreSQL. */
const otherFiles = 200

function connectionsAtMost(wanted: number): number {
  const report = process.report.getReport() as unknown as { userLimits: { open_files: { soft: number | 'unlimited' } } }
  const { soft } = report.userLimits.open_files
  const most = soft === 'unlimited' ? wanted : soft - otherFiles
  if (most < wanted) process.stderr.write(`the limit of open files allows ${most} idle connections\n`)
  return Math.min(wanted, most)
}
