import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { firstStart } from './access/account/first-start.ts'
import { type Config, workersOf } from './config.ts'
import { Background } from './core/background.ts'
import { migrate } from './core/db/migrate.ts'
import { explained, openDatabase } from './core/db/open.ts'
import { openSealer } from './core/encryption-key.ts'
import { openNats } from './core/peers/nats.ts'
import { type FarPeers, noPeers } from './core/peers/peers.ts'
import { openLog } from './core/start/log.ts'
import { Stages } from './core/start/stages.ts'
import { startWarnings } from './core/start/warnings.ts'
import { startCrew } from './core/workers/crew.ts'
import type { Ground } from './node.ts'

export interface Running {
  url: string
  /** Reads the certificates anew. */
  reload(): void
  /** Finishes what is in flight and ends everything that was started, within DRAIN_SECONDS and ten more. */
  stop(): Promise<void>
}

/** Starts the platform: database, migrations, first account, and a node that works on them. */
export async function serve(config: Config, print: (line: string) => void): Promise<Running> {
  const log = openLog(config.LOG_LEVEL)
  const background = new Background(log)
  for (const warning of startWarnings(config)) log.warn(warning)
  const opening = openDatabase(config, { mode: 'own', log, background })
  // What serves in this process is loaded while PostgreSQL starts; a failure is met again where it is awaited.
  if (workersOf(config) === 1) void loadNode()
  const opened = await opening
  const stages = new Stages(log)
  stages.ground('the database', opened.close)
  try {
    const { database, connection } = opened
    await explained(config, () => migrate(database))
    const sealer = await openSealer(database, config)
    const { ownerKey, owner } = await firstStart(database, config)
    const far = config.NATS_URL === undefined ? undefined : openNats(config.NATS_URL, sealer, background)
    if (far) stages.ground('NATS', far.close)
    const count = workersOf(config)
    const { url, mqttPort, reload, stop } =
      count > 1
        ? await workers(config, count, log, far)
        : await oneProcess({ config, log, background, database, connection, sealer, peers: far ?? noPeers, stages })
    if (ownerKey) {
      print(`Owner key: ${ownerKey}`)
      print(`(shown once; kept in ${config.DATA_DIR}/owner-key)`)
    }
    if (owner) {
      print(`Owner: ${owner.email}`)
      print(`Owner password: ${owner.password}`)
      print('(shown once; `mason-server user password` sets a new one)')
    }
    if (mqttPort !== undefined)
      print(`Devices connect by MQTT at ${url.replace(/^http/, 'ws')}/mqtt and at port ${mqttPort}`)
    print(`Mason Platform is ready at ${url}`)
    return { url, reload, stop: () => stop().then(() => stages.end()) }
  } catch (error) {
    await stages.end()
    throw error
  }
}

/** What serves: a node in this process, or one in each worker process. */
interface Serving extends Running {
  /** The port of MQTT over TCP; none where that is off. */
  mqttPort: number | undefined
}

const loadNode = () => import('./node.ts')

async function oneProcess(ground: Ground): Promise<Serving> {
  const { openNode } = await loadNode()
  const node = await openNode(ground)
  node.startJobs()
  const stop = async () => {
    void node.drain()
    await sleep(ground.config.DRAIN_SECONDS * 1000)
  }
  return { url: node.url, mqttPort: node.mqttPort, reload: node.reload, stop }
}

/** What is in flight at a worker, the rest of the ten seconds is PostgreSQL's. */
const workersEndMs = 6_000

async function workers(
  { DRAIN_SECONDS }: Config,
  count: number,
  log: FastifyBaseLogger,
  far: FarPeers | undefined,
): Promise<Serving> {
  const crew = await startCrew(count, log, far)
  return { ...crew, stop: () => crew.stop(DRAIN_SECONDS * 1000 + workersEndMs) }
}
