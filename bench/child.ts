import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { isClosing, onClose, quit } from './closing.ts'

const patienceMs = 20_000

export interface Child {
  pid: number
  /** What the pattern of readiness caught. */
  announced: string
}

/** Starts a Node program that prints a line that matches once it is ready. The bench ends when it does, and the reverse. */
export async function startChild(args: string[], ready: RegExp, options: SpawnOptions = {}): Promise<Child> {
  // A process group of its own: Ctrl-C reaches only the bench, which ends its children in order.
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  onClose(() => stopChild(child))
  let text = ''
  return new Promise((resolve, reject) => {
    let isReady = false
    child.stdout?.on('data', (chunk) => {
      // What a server logs while it is measured is a fault.
      if (isReady) return process.stderr.write(chunk)
      text += chunk
      const [, announced] = ready.exec(text) ?? []
      if (announced === undefined) return
      isReady = true
      resolve({ pid: child.pid ?? 0, announced })
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (isClosing()) return
      process.stderr.write(`${args.join(' ')} ended with ${signal ?? code}\n`)
      quit(1)
    })
  })
}

/** Runs a program to its end and returns what it printed. */
export async function runChild(command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  onClose(() => stopChild(child))
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors}`)
  return output
}

export async function stopChild(child: ChildProcess): Promise<void> {
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  if (!isRunning()) return
  child.kill('SIGTERM')
  for (const deadline = Date.now() + patienceMs; isRunning() && Date.now() < deadline; ) await sleep(20)
  if (isRunning()) child.kill('SIGKILL')
}
