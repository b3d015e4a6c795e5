import { randomUUID } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Client, createClient } from '@mason/sdk/client'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import { type Logger, pino } from 'pino'
import { afterAll, beforeAll, inject } from 'vitest'
import * as accounts from '../src/access/account/service.ts'
import { cost } from '../src/access/user/password.ts'
import { type Config, readConfig } from '../src/config.ts'
import { Background } from '../src/core/background.ts'
import { Database } from '../src/core/db/database.ts'
import { watchConnections } from '../src/core/db/watch.ts'
import { openSealer } from '../src/core/encryption-key.ts'
import type { PeriodicJob } from '../src/core/jobs/periodic.ts'
import { openNats } from '../src/core/peers/nats.ts'
import { noPeers } from '../src/core/peers/peers.ts'
import type { Sealer } from '../src/core/sealer.ts'
import { Stages } from '../src/core/start/stages.ts'
import type { Storage } from '../src/core/storage/storage.ts'
import { type Node, openNode } from '../src/node.ts'
import { asAdmin } from './databases.ts'
import { freePort } from './free-port.ts'
import { type Served, startWorkers, workers } from './worker-processes.ts'

// What a password costs an attacker is no concern of the tests.
Object.assign(cost, { N: 2 ** 10, p: 1 })

/** An account of its own, with its owner key and a client that uses it. */
export interface TestAccount extends Client {
  accountId: string
  key: string
}

/** A platform on its own database and port. */
export interface Platform {
  url: string
  database: Database
  /** How it reaches its database. */
  connection: pg.ClientConfig
  config: Config
  http: FastifyInstance
  storage: Storage
  sealer: Sealer
  background: Background
  /** What is looked after again and again. */
  jobs: PeriodicJob[]
  /** Does a portion of one of these jobs. */
  runJob(name: string): Promise<void>
  /** The port of MQTT over TCP. */
  mqttPort: number
  /** Makes it look as if every node had been up for so long. */
  upFor(seconds: number): Promise<void>
  newAccount(options?: { isOperator?: boolean }): Promise<TestAccount>
  /** A raw request, for what a typed client would not send. */
  fetch(path: string, init?: RequestInit & { key?: string }): Promise<Response>
  /** Another node on the same database, with settings of its own. */
  addNode(
    settings?: Partial<Config>,
  ): Promise<Pick<Platform, 'url' | 'background'> & Pick<Node, 'drain'> & { stop(): Promise<void> }>
  stop(): Promise<void>
}

interface Options {
  /** How PostgreSQL is reached, when not directly. */
  route?: (server: pg.ClientConfig) => pg.ClientConfig
  newLog?: (level: string) => Logger
  /** Whether the periodic jobs run; without them a test does what it needs of them, when it needs it. */
  areJobsRunning?: boolean
}

export async function startPlatform(
  environment: Record<string, string> = {},
  { route = (server) => server, newLog = (level) => pino({ level }), areJobsRunning = true }: Options = {},
): Promise<Platform> {
  const server = inject('postgres')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE template STRATEGY file_copy`)

  const connection = { ...route(server), database: name }
  const dataDir = await mkdtemp(path.join(tmpdir(), 'mason-data-'))
  const config = readConfig({
    LOG_LEVEL: 'silent',
    PORT: '0',
    MQTT_PORT: '0',
    DATA_DIR: dataDir,
    RATE_LIMIT_PER_SECOND: '1000000',
    RATE_LIMIT_BURST: '1000000',
    ...environment,
  })
  const closers: (() => Promise<unknown>)[] = []

  const startNode = async (settings: Partial<Config> = {}) => {
    const log = newLog(config.LOG_LEVEL)
    const background = new Background(log)
    const stages = new Stages(log)
    const watched = watchConnections(connection, background)
    const database = new Database({ ...watched.connection, max: 10 })
    stages.ground('the database', async () => {
      await watched.stop()
      await database.close()
    })
    const sealer = await openSealer(database, config)
    const nats = config.NATS_URL === undefined ? undefined : openNats(config.NATS_URL, sealer, background)
    if (nats) stages.ground('NATS', nats.close)
    const node = await openNode({
      ...{ log, background, database, connection: watched.connection, sealer, peers: nats ?? noPeers, stages },
      // 0 turns MQTT over TCP off, so a port has to be found.
      config: { ...config, ...settings, MQTT_PORT: await freePort() },
    })
    const { url, http, storage, jobs, mqttPort = 0, drain } = node
    if (areJobsRunning) node.startJobs()
    let stopped: Promise<void> | undefined
    const stop = () => {
      stopped ??= stages.end()
      return stopped
    }
    closers.push(stop)
    return { url, database, http, storage, sealer, background, jobs, mqttPort, drain, stop }
  }

  const node = await startNode()
  const served: Served =
    workers === undefined ? {} : await startWorkers({ ...environment, DATA_DIR: dataDir }, connection, areJobsRunning)
  if (served.stop) closers.push(served.stop)
  const { url = node.url, mqttPort = node.mqttPort } = served
  return {
    ...node,
    ...{ url, mqttPort, config, connection },
    runJob: async (name) => {
      const job = node.jobs.find((one) => one.name === name)
      if (!job) throw new Error(`there is no job ${name}`)
      await node.database.transaction((tx) => job.run(tx))
    },
    upFor: async (seconds) => {
      await node.database.pool.query(
        'UPDATE gateway SET started_at = now() - make_interval(secs => $1), up_since = now() - make_interval(secs => $1)',
        [seconds],
      )
    },
    newAccount: async ({ isOperator = false } = {}) => {
      const { account, key } = await accounts.create(node.database, `a-${randomUUID()}`, undefined, isOperator)
      return { ...createClient({ baseUrl: url, key, maxRetries: 0 }), accountId: account.id, key }
    },
    fetch: (path, { key, headers, ...init } = {}) =>
      fetch(`${url}${path}`, {
        ...init,
        headers: { ...(key && { authorization: `basic ${key}` }), ...(headers as object) },
      }),
    addNode: startNode,
    stop: async () => {
      await Promise.all(closers.map((close) => close()))
    },
  }
}

/** A platform for the tests of one file. */
export function usePlatform(environment: Record<string, string> = {}, options: Options = {}): Platform {
  const platform = {} as Platform
  beforeAll(async () => {
    Object.assign(platform, await startPlatform(environment, options))
  })
  afterAll(() => platform.stop())
  return platform
}
