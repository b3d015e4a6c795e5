import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Database } from '../../packages/server/src/core/db/database.ts'
import { type CertificateFiles, writeCertificate } from '../../packages/server/test/tls.ts'
import { send } from '../channel/fanout.ts'
import { fillAccount } from '../channel/fleet.ts'
import { platformKnows } from '../channel/presence.ts'
import { sharedNow } from '../clock.ts'
import { onClose } from '../closing.ts'
import { median } from '../compare.ts'
import { readResidentKb } from '../memory.ts'
import { startPlatform } from '../platform.ts'
import { type SimulatedDevice, type Simulator, startSimulator } from '../simulator/simulator.ts'
import { type BrokerKind, findBrokers } from './brokers.ts'
import { publishToAll } from './publish.ts'

const concurrency = 200
const restMs = 5_000
const batches = 5

interface Options {
  connections: number
  rounds: number
}

/** What is measured of each broker, ours first. */
export interface MqttResult {
  name: string
  connects: number
  tlsConnects: number
  /** Milliseconds from the request to the last command, and to the first. */
  lastMs: number
  firstMs: number
  idleKb: number
  tlsIdleKb: number
}

interface Subject {
  name: string
  start(certificate?: CertificateFiles): Promise<Running>
}

interface Running {
  pid: number
  port: number
  devices: SimulatedDevice[]
  isAcknowledging: boolean
  /** Waits until so many devices are known to be connected. */
  knows(connected: number, simulator: Simulator): Promise<void>
  /** Sends a message to each device. */
  command(): Promise<unknown>
  stop(): Promise<void>
}

/** Lets each broker connect, hold and reach the same devices. */
export async function measureMqtt(options: Options): Promise<{ results: MqttResult[]; leavesOut: string[] }> {
  const brokers = findBrokers()
  const certificate = await writeCertificate()
  const ours: Subject = { name: 'this platform', start: (pair) => startOurs(options.connections, pair) }
  const subjects = [ours, ...brokers.map((kind) => broker(kind, options.connections))]
  const results: MqttResult[] = []
  for (const subject of subjects) {
    process.stderr.write(`measuring ${subject.name}\n`)
    results.push(await measure(subject, certificate, options))
  }
  return { results, leavesOut: brokers.map(({ name, leavesOut }) => `${name}: ${leavesOut}.`) }
}

async function measure(
  { name, start }: Subject,
  certificate: CertificateFiles,
  { rounds }: Options,
): Promise<MqttResult> {
  const simulator = startSimulator()
  const plain = await start()
  const { idleKb, rates: connects } = await connectAgainAndAgain(plain, simulator, { rounds, isTls: false })
  const times = await reachAll(plain, simulator)
  await simulator.disconnect()
  await plain.stop()
  const secured = await start(certificate)
  const { idleKb: tlsIdleKb, rates: tlsConnects } = await connectAgainAndAgain(secured, simulator, {
    rounds,
    isTls: true,
  })
  await simulator.disconnect()
  await secured.stop()
  const result = {
    ...{ name, idleKb, tlsIdleKb, connects: median(connects), tlsConnects: median(tlsConnects) },
    ...{ lastMs: median(times.map(({ last }) => last)), firstMs: median(times.map(({ first }) => first)) },
  }
  process.stderr.write(`${JSON.stringify(result)}\n`)
  return result
}

/** Connects all devices several times, and leaves them connected. The memory is that of the first ones. */
async function connectAgainAndAgain(
  { pid, port, devices, isAcknowledging, knows }: Running,
  simulator: Simulator,
  { rounds, isTls }: { rounds: number; isTls: boolean },
): Promise<{ idleKb: number; rates: number[] }> {
  const rates: number[] = []
  let idleKb = 0
  for (let round = 1; round <= rounds; round++) {
    const before = readResidentKb(pid)
    const took = await simulator.connect({ port, devices, concurrency, isAcknowledging, isTls })
    rates.push(devices.length / (took / 1_000))
    await knows(devices.length, simulator)
    if (round === 1) {
      await sleep(restMs)
      idleKb = (readResidentKb(pid) - before) / devices.length
    }
    if (round === rounds) break
    await simulator.disconnect()
    await knows(0, simulator)
  }
  return { idleKb, rates }
}

async function reachAll({ devices, command }: Running, simulator: Simulator) {
  const times: { first: number; last: number }[] = []
  for (let batch = 0; batch < batches; batch++) {
    const startedAt = sharedNow()
    const [{ times: arrivals }] = await Promise.all([simulator.commands(devices.length), command()])
    const sorted = arrivals.toSorted((a, b) => a - b)
    times.push({ first: (sorted[0] ?? 0) - startedAt, last: (sorted.at(-1) ?? 0) - startedAt })
    await sleep(1_000)
  }
  return times
}

async function startOurs(count: number, pair: CertificateFiles | undefined): Promise<Running> {
  const settings: Record<string, string> = pair ? { MQTT_TLS_CERT: pair.cert, MQTT_TLS_KEY: pair.key } : {}
  const platform = await startPlatform([], { settings })
  const client = new pg.Client(platform.connection)
  onClose(() => client.end())
  await client.connect()
  const database = new Database({ ...platform.connection, max: 1 })
  onClose(() => database.close())
  const fleet = await fillAccount({ client, database }, 'peers', count)
  const { accountId, devices } = fleet
  return {
    ...{ pid: platform.pid, port: platform.mqttPort, devices, isAcknowledging: true, stop: platform.kill },
    knows: (connected, simulator) => platformKnows({ client }, { accountId, devices: connected, simulator }),
    command: () => send(platform.port, fleet),
  }
}

/** As long as a command of the bench is. */
const payload = 'x'.repeat(200)

function broker({ name, start }: BrokerKind, count: number): Subject {
  const devices = Array.from({ length: count }, () => ({ id: crypto.randomUUID(), secret: 'unchecked' }))
  const ids = devices.map(({ id }) => id)
  return {
    name,
    start: async (certificate) => {
      const { pid, port, stop } = await start(certificate)
      const command = () => publishToAll(port, ids, payload)
      return { pid, port, devices, isAcknowledging: false, knows: () => sleep(1_000), command, stop }
    },
  }
}
