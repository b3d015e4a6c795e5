import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FarPeers } from '../peers/peers.ts'
import { within } from '../within.ts'
import { gathering } from './gathering.ts'
import { openHub } from './hub.ts'
import type { Message } from './messages.ts'

interface Log {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

/** The worker processes of one primary process. */
export interface Crew {
  url: string
  mqttPort: number | undefined
  reload(): void
  /** Tells all to stop; resolves when they have, and ends those that have not after so long. */
  stop(graceMs: number): Promise<void>
}

type Ready = Extract<Message, { kind: 'ready' }>

/** A worker that dies sooner than this counts as one that dies at once. */
const steadyMs = 10_000
const firstPauseMs = 100
const longestPauseMs = 30_000
const killMs = 500

/**
 * Runs the program in so many worker processes, which share its ports, and replaces each that dies. The first is started by
 * itself: what is wrong with the settings is then said once.
 *
 * @throws when one cannot start.
 */
export async function startCrew(count: number, log: Log, far: FarPeers | undefined): Promise<Crew> {
  const hub = openHub(far)
  let isStopping = false
  let isComplete = false
  let deathsAtOnce = 0
  const workers = () => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
  const metrics = gathering(workers)

  const add = (): Promise<Ready> => {
    const startedAt = performance.now()
    const worker = cluster.fork()
    hub.join(worker)
    let isReady = false
    return new Promise((resolve, reject) => {
      worker.on('message', (message: Message) => {
        if (message.kind === 'ready') {
          isReady = true
          resolve(message)
        }
        if (message.kind === 'fault') reject(new Error(message.message))
        metrics.hear(worker, message)
      })
      worker.once('exit', (code, signal) => {
        metrics.left(worker.id)
        reject(new Error(`A worker process has ended before it was ready (${signal ?? code})`))
        if ((isReady || isComplete) && !isStopping)
          void replace(worker, { code, signal }, performance.now() - startedAt)
      })
    })
  }

  const replace = async ({ id, process: { pid } }: Worker, end: object, livedMs: number) => {
    deathsAtOnce = livedMs < steadyMs ? deathsAtOnce + 1 : 0
    const pauseMs = deathsAtOnce === 0 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (deathsAtOnce - 1))
    log.warn({ worker: id, pid, ...end, pauseMs }, 'A worker process has ended; another takes its place')
    await sleep(pauseMs)
    if (isStopping) return
    add().then(
      () => log.info({ instead: id }, 'A new worker process serves'),
      (error) => log.warn({ instead: id, err: error }, 'A new worker process could not start'),
    )
  }

  const stop = async (graceMs: number) => {
    isStopping = true
    const ended = Promise.all(
      workers().map(async (worker) => {
        const exit = once(worker, 'exit')
        worker.process.kill('SIGTERM')
        await exit
      }),
    )
    if (await within(graceMs, ended)) return
    for (const worker of workers()) worker.process.kill('SIGKILL')
    await within(killMs, ended)
  }

  try {
    const { url, mqttPort } = await add()
    await Promise.all(Array.from({ length: count - 1 }, add))
    isComplete = true
    return {
      ...{ url, mqttPort, stop },
      reload: () => {
        for (const worker of workers()) worker.process.kill('SIGHUP')
      },
    }
  } catch (error) {
    await stop(0)
    throw error
  }
}
