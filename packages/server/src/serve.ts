import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { firstStart } from './account/first-start.ts'
import { buildApp } from './app.ts'
import { Background } from './background.ts'
import type { Config } from './config.ts'
import { closeLanes, openLanes } from './db/hot.ts'
import { migrate } from './db/migrate.ts'
import { explained, openDatabase } from './db/open.ts'
import { openSealer } from './encryption-key.ts'
import { periodicJobs } from './jobs/list.ts'
import { startPeriodicJobs } from './jobs/periodic.ts'
import { startQueue } from './jobs/queue.ts'
import { listenForMqtt } from './mqtt/listen.ts'
import { isAnyAddress } from './settings/url.ts'
import { explainListen } from './start/listen.ts'
import { openLog } from './start/log.ts'
import { Stages } from './start/stages.ts'
import { startWarnings } from './start/warnings.ts'
import { openStorage } from './storage/storage.ts'

export interface Running {
  url: string
  /** Reads the certificates anew. */
  reload(): void
  /** Finishes what is in flight and ends everything that was started, within DRAIN_SECONDS and ten more. */
  stop(): Promise<void>
}

/** Starts the platform: database, migrations, first account, jobs, HTTP. */
export async function serve(config: Config, print: (line: string) => void): Promise<Running> {
  const log = openLog(config.LOG_LEVEL)
  const background = new Background(log)
  for (const warning of startWarnings(config)) log.warn(warning)
  const opened = await openDatabase(config, { mode: 'own', log, background })
  const stages = new Stages(log)
  stages.ground('the database', opened.close)
  try {
    const { database, connection } = opened
    await explained(config, () => migrate(database))
    const sealer = await openSealer(database, config)
    const { ownerKey, owner } = await firstStart(database, config)
    const lanes = openLanes(connection)
    stages.ground('the pipelined connections', () => closeLanes(lanes))
    const storage = await openStorage(config, background)
    stages.ground('the storage', async () => storage.close())
    let url = ''
    const app = await buildApp({
      config,
      database,
      lanes,
      sealer,
      storage,
      background,
      log,
      publicUrl: () => config.PUBLIC_URL ?? url,
    })
    stages.work('HTTP', () => app.http.close())
    await app.http
      .listen({ host: config.HOST, port: config.PORT, listenTextResolver: (address) => `listening at ${address}` })
      .catch((error) => {
        throw explainListen(error, config, 'PORT')
      })
    url = addressOf(config, app.http.server.address() as AddressInfo)
    const mqtt = await listenForMqtt(config, app.channel, log)
    if (mqtt) stages.work('MQTT', () => mqtt.close())
    const jobs = startPeriodicJobs(database, [...periodicJobs(config, sealer, storage), ...app.jobs], background)
    stages.work('the periodic jobs', () => jobs.stop())
    const queue = await startQueue(database, app.tasks, background)
    stages.work('the queue', () => queue.stop())
    if (ownerKey) {
      print(`Owner key: ${ownerKey}`)
      print(`(shown once; kept in ${config.DATA_DIR}/owner-key)`)
    }
    if (owner) {
      print(`Owner: ${owner.email}`)
      print(`Owner password: ${owner.password}`)
      print('(shown once; `mason-server user password` sets a new one)')
    }
    if (mqtt) print(`Devices connect by MQTT at ${url.replace(/^http/, 'ws')}/mqtt and at port ${mqtt.port}`)
    print(`Mason Platform is ready at ${url}`)
    const stop = async () => {
      app.drain()
      await sleep(config.DRAIN_SECONDS * 1000)
      await stages.end()
    }
    return { url, reload: () => app.channel.certificates.reload(), stop }
  } catch (error) {
    await stages.end()
    throw error
  }
}

function addressOf(config: Config, { address, port, family }: AddressInfo): string {
  const scheme = config.TLS_CERT ? 'https' : 'http'
  const anywhere = isAnyAddress(address)
  const host = anywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address
  return `${scheme}://${host}:${port}`
}
