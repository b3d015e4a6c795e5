import { sharedNow } from '../clock.ts'
import { costs, median } from '../compare.ts'
import { readCpu } from '../cpu.ts'
import { processesOf } from '../platform.ts'
import { startSimulator } from '../simulator/simulator.ts'
import type { ChannelContext, Measure } from './context.ts'
import { fillAccount } from './fleet.ts'
import { brokerKnows, platformKnows } from './presence.ts'

const concurrency = 200
const each = 5_000

/** Connections per second, from the TCP connection to the SUBACK, of devices that are new to this server. */
export async function measureConnects(context: ChannelContext): Promise<Measure[]> {
  const { options, platform, broker } = context
  const { accountId, devices } = await fillAccount(context, 'connects', each * options.rounds)
  const simulator = startSimulator()
  const processes = { ...processesOf(platform), aedes: { pid: broker.pid }, devices: { pid: simulator.pid } }
  const rates = { ours: [] as number[], recorded: [] as number[], floor: [] as number[] }
  for (let round = 0; round < options.rounds; round++) {
    const slice = devices.slice(round * each, (round + 1) * each)
    const connect = async (port: number, knows: (connections: number) => Promise<void>) => {
      const [startedAt, before] = [sharedNow(), readCpu(processes)]
      const took = await simulator.connect({ port, devices: slice, concurrency, isAcknowledging: false })
      await knows(each)
      const recorded = each / ((sharedNow() - startedAt) / 1000)
      const use = costs(before, readCpu(processes), each)
      await simulator.disconnect()
      await knows(0)
      return { rate: each / (took / 1000), recorded, use }
    }
    const ours = await connect(platform.mqttPort, (connected) =>
      platformKnows(context, { accountId, devices: connected, simulator }),
    )
    const floor = await connect(broker.port, (connected) => brokerKnows(broker, connected))
    rates.ours.push(ours.rate)
    rates.recorded.push(ours.recorded)
    rates.floor.push(floor.rate)
    process.stderr.write(
      `connects, round ${round + 1}: ours ${ours.rate.toFixed(0)}/s, recorded ${ours.recorded.toFixed(0)}/s, CPU µs each: ${ours.use}; aedes alone ${floor.rate.toFixed(0)}/s, CPU µs each: ${floor.use}\n`,
    )
  }
  const floor = median(rates.floor)
  return [
    { name: `Connects, ${concurrency} at a time`, ours: median(rates.ours), floor, unit: '/s' },
    { name: 'Connects until all are recorded as online', ours: median(rates.recorded), floor, unit: '/s' },
  ]
}
