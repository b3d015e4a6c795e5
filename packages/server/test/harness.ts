import { randomUUID } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Client, createClient } from '@mason/sdk/client'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import { type Logger, pino } from 'pino'
import { afterAll, beforeAll, inject } from 'vitest'
import * as accounts from '../src/account/service.ts'
import { buildApp } from '../src/app.ts'
import { Background } from '../src/background.ts'
import { type Config, readConfig } from '../src/config.ts'
import { Database } from '../src/db/database.ts'
import { closeLanes, openLanes } from '../src/db/hot.ts'
import { watchConnections } from '../src/db/watch.ts'
import { openSealer } from '../src/encryption-key.ts'
import type { PeriodicJob } from '../src/jobs/periodic.ts'
import { startQueue } from '../src/jobs/queue.ts'
import { listenForMqtt } from '../src/mqtt/listen.ts'
import type { Sealer } from '../src/sealer.ts'
import { openStorage, type Storage } from '../src/storage/storage.ts'
import { cost } from '../src/user/password.ts'

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
  config: Config
  http: FastifyInstance
  storage: Storage
  sealer: Sealer
  background: Background
  /** What is looked after again and again. */
  jobs: PeriodicJob[]
  /** Does once what is looked after again and again. */
  runJobs(): Promise<void>
  /** The port of MQTT over TCP. */
  mqttPort: number
  /** Makes it look as if every node had been up for so long. */
  upFor(seconds: number): Promise<void>
  newAccount(options?: { isOperator?: boolean }): Promise<TestAccount>
  /** A raw request, for what a typed client would not send. */
  fetch(path: string, init?: RequestInit & { key?: string }): Promise<Response>
  /** Another node on the same database. */
  addNode(): Promise<{ url: string; stop(): Promise<void> }>
  stop(): Promise<void>
}

export async function startPlatform(
  environment: Record<string, string> = {},
  /** How PostgreSQL is reached, when not directly. */
  route: (server: pg.ClientConfig) => pg.ClientConfig = (server) => server,
  newLog: (level: string) => Logger = (level) => pino({ level }),
): Promise<Platform> {
  const server = inject('postgres')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const admin = new Database({ ...server, database: 'postgres', max: 1 })
  await admin.pool.query(`CREATE DATABASE ${name} TEMPLATE template STRATEGY file_copy`)
  await admin.close()

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

  const startNode = async () => {
    const log = newLog(config.LOG_LEVEL)
    const background = new Background(log)
    const watched = watchConnections(connection, background)
    const database = new Database({ ...watched.connection, max: 10 })
    const lanes = openLanes(watched.connection)
    const sealer = await openSealer(database, config)
    const storage = await openStorage(config, background)
    let url = ''
    const { http, channel, tasks, jobs } = await buildApp({
      config,
      database,
      lanes,
      sealer,
      storage,
      background,
      log,
      publicUrl: () => url,
    })
    await http.listen({ host: '127.0.0.1', port: 0 })
    url = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}`
    const mqtt = await listenForMqtt({ ...config, MQTT_PORT: await freePort() }, channel, http.log)
    const queue = await startQueue(database, tasks, background)
    let isStopped = false
    const stop = async () => {
      if (isStopped) return
      isStopped = true
      await queue.stop()
      await http.close()
      await mqtt?.close()
      await closeLanes(lanes)
      await watched.stop()
      await database.close()
      storage.close()
    }
    closers.push(stop)
    const runJobs = () =>
      database.transaction(async (tx) => {
        for (const job of jobs) await job.run(tx)
      })
    return { url, database, http, storage, sealer, background, jobs, mqttPort: mqtt?.port ?? 0, runJobs, stop }
  }

  const node = await startNode()
  return {
    ...node,
    config,
    upFor: async (seconds) => {
      await node.database.pool.query(
        'UPDATE gateway SET started_at = now() - make_interval(secs => $1), up_since = now() - make_interval(secs => $1)',
        [seconds],
      )
    },
    newAccount: async ({ isOperator = false } = {}) => {
      const { account, key } = await accounts.create(node.database, `a-${randomUUID()}`, undefined, isOperator)
      return { ...createClient({ baseUrl: node.url, key, maxRetries: 0 }), accountId: account.id, key }
    },
    fetch: (path, { key, headers, ...init } = {}) =>
      fetch(`${node.url}${path}`, {
        ...init,
        headers: { ...(key && { authorization: `basic ${key}` }), ...(headers as object) },
      }),
    addNode: startNode,
    stop: async () => {
      await Promise.all(closers.map((close) => close()))
    },
  }
}

/** 0 turns MQTT over TCP off, so a port has to be found. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A platform for the tests of one file. */
export function usePlatform(environment: Record<string, string> = {}): Platform {
  const platform = {} as Platform
  beforeAll(async () => {
    Object.assign(platform, await startPlatform(environment))
  })
  afterAll(() => platform.stop())
  return platform
}
