import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'

const main = path.resolve(import.meta.dirname, '../../server/src/main.ts')

export interface ServerProcess {
  /** Waits for a start that is under way. @returns whether the server serves. */
  isServing(): Promise<boolean>
  /** Restarts the server, with its files as they are now. */
  restart(): void
  /** Stops the server and its PostgreSQL in order. */
  stop(): Promise<void>
}

interface Options {
  environment: NodeJS.ProcessEnv
  /** Gets every line that the server prints. */
  onLine(line: string): void
  onReady(start: { isFirst: boolean; ms: number }): void
  /** The server ended by itself: it could not start, or it crashed. */
  onCrash(): void
}

/** Runs the server as a child process and restarts it on demand. Restarts that are asked for during a start become one. */
export function startServerProcess({ environment, onLine, onReady, onCrash }: Options): ServerProcess {
  let child: ChildProcess | undefined
  let isOutdated = false
  let isStopping = false
  let starts = 0

  async function end(): Promise<void> {
    const ending = child
    child = undefined
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    ending.kill('SIGTERM')
    await once(ending, 'exit')
  }

  async function start(): Promise<boolean> {
    const began = performance.now()
    const starting = spawn(process.execPath, [main, 'serve'], {
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = starting
    const isReady = await new Promise<boolean>((resolve) => {
      createInterface(starting.stdout).on('line', (line) => {
        onLine(line)
        if (line.startsWith('Mason Platform is ready')) resolve(true)
      })
      starting.once('exit', () => {
        resolve(false)
        if (child !== starting || isStopping) return
        serving = Promise.resolve(false)
        onCrash()
      })
    })
    if (isReady) onReady({ isFirst: starts++ === 0, ms: performance.now() - began })
    return isReady
  }

  async function startUntilCurrent(): Promise<boolean> {
    let isReady: boolean
    do {
      isOutdated = false
      await end()
      isReady = !isStopping && (await start())
    } while (isOutdated && !isStopping)
    isStarting = false
    return isReady
  }

  let isStarting = true
  let serving = startUntilCurrent()
  return {
    isServing: () => serving,
    restart: () => {
      if (isStarting) isOutdated = true
      else {
        isStarting = true
        serving = startUntilCurrent()
      }
    },
    stop: async () => {
      isStopping = true
      await end()
      await serving
    },
  }
}
