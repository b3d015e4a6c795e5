import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { isClosing, onClose, quit } from './closing.ts'

const timeoutMs = 20_000

export interface Child {
  pid: number
  /** The group that the readiness pattern captured. */
  announced: string
  /** Ends it at once, as a power cut would; the bench goes on. */
  kill(): Promise<void>
}

/** Starts a Node program that prints a matching line when it is ready. The bench ends when the program does, and vice versa. */
export async function startChild(args: string[], ready: RegExp, options: SpawnOptions = {}): Promise<Child> {
  // Its own process group, so that Ctrl-C reaches only the bench, which ends its children in order.
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  onClose(() => stopChild(child))
  let text = ''
  return new Promise((resolve, reject) => {
    let isReady = false
    let isKilled = false
    const kill = async () => {
      isKilled = true
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
    child.stdout?.on('data', (chunk) => {
      // A server that logs while it is measured has a fault.
      if (isReady) return process.stderr.write(chunk)
      text += chunk
      const [, announced] = ready.exec(text) ?? []
      if (announced === undefined) return
      isReady = true
      resolve({ pid: child.pid ?? 0, announced, kill })
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (isClosing() || isKilled) return
      process.stderr.write(`${args.join(' ')} ended with ${signal ?? code}\n`)
      quit(1)
    })
  })
}

/** Runs a program to its end and returns what it printed. */
export async function runChild(command: string, args: string[], options: SpawnOptions = {}): Promise<string> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  onClose(() => stopChild(child))
  let output = ''
  let errors = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors}`)
  return output
}

/** Stops a process with SIGTERM, and with SIGKILL if it still runs after 20 seconds. */
export async function stopChild(child: ChildProcess): Promise<void> {
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  if (!isRunning()) return
  child.kill('SIGTERM')
  for (const deadline = Date.now() + timeoutMs; isRunning() && Date.now() < deadline; ) await sleep(20)
  if (isRunning()) child.kill('SIGKILL')
}
