import cluster from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.ts'
import { Background } from './core/background.ts'
import { openDatabase } from './core/db/open.ts'
import { openSealer } from './core/encryption-key.ts'
import { openLog } from './core/start/log.ts'
import { Stages } from './core/start/stages.ts'
import { tellFault, tellReady, workerPeers } from './core/workers/channel.ts'
import { openNode } from './node.ts'
import type { Running } from './serve.ts'

/** Starts the node of a worker process, on what the primary process has prepared (`serve.ts`). */
export async function serveWorker(config: Config): Promise<Running> {
  const log = openLog(config.LOG_LEVEL, { worker: cluster.worker?.id })
  const stages = new Stages(log)
  try {
    const background = new Background(log)
    const { database, connection, close } = await openDatabase(config, { mode: 'attach', log, background })
    stages.ground('the database', close)
    const sealer = await openSealer(database, config)
    const node = await openNode({ config, log, background, database, connection, sealer, peers: workerPeers(), stages })
    node.startJobs()
    tellReady(node.url, node.mqttPort)
    const stop = async () => {
      void node.drain()
      await sleep(config.DRAIN_SECONDS * 1000)
      await stages.end()
    }
    return { url: node.url, reload: node.reload, stop }
  } catch (error) {
    await tellFault((error as Error).message)
    await stages.end()
    throw error
  }
}
