import { type SpawnOptions, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { stopChild } from '../child.ts'
import { onClose } from '../closing.ts'

const patienceMs = 120_000

interface Server {
  /** Ends it before the bench ends. */
  stop(): Promise<void>
  pid: number
}

/** Starts a program that says nothing of its readiness, and asks until it is ready. @throws Error when it ends before. */
export async function startServer(
  [command = '', ...args]: string[],
  options: SpawnOptions,
  isReady: () => Promise<unknown>,
): Promise<Server> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  onClose(() => stopChild(child))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text) => {
      output = (output + text).slice(-2_000)
    })
  for (const deadline = Date.now() + patienceMs; ; await sleep(50)) {
    if (child.exitCode !== null || child.pid === undefined) throw new Error(`${command} ended: ${output}`)
    if (await isReady().then(Boolean, () => false)) return { pid: child.pid, stop: () => stopChild(child) }
    if (Date.now() > deadline) throw new Error(`${command} is not ready: ${output}`)
  }
}
