import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

const main = path.resolve(import.meta.dirname, '../packages/agent/src/main.ts')

/** One process for each group: they share what Node makes of the same files. */
const compileCache = path.resolve(import.meta.dirname, '../node_modules/.cache/node-compile')

export interface SimulatedFleet {
  /** Lets the devices go, and waits until they have. */
  stop(): Promise<void>
}

interface SimulationOptions {
  server: string
  token: string
  devices: number
  /** The same seed makes the same devices. */
  seed?: number
  family?: string
  intervalSeconds?: number
  /** More flags of `mason-agent simulate`. */
  flags?: string[]
}

/** The last number that a line of its progress says. */
const lastOf = (output: string, pattern: RegExp) =>
  Number([...output.matchAll(pattern)].at(-1)?.[1]?.replaceAll(',', '') ?? 0)

/** Runs simulated devices in a process of their own, and waits until all have joined and reported. */
export async function simulate(options: SimulationOptions): Promise<SimulatedFleet> {
  const { server, token, devices, seed = 1, family = 'D450', intervalSeconds = 60, flags = [] } = options
  const child = spawn(
    process.execPath,
    [
      main,
      'simulate',
      ...['--server', server, '--token', token, '--devices', String(devices), '--seed', String(seed)],
      ...['--families', family, '--interval', String(intervalSeconds), '--concurrency', '32', ...flags],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_COMPILE_CACHE: compileCache } },
  )
  let output = ''
  const isReady = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    child.stdout.on('data', (chunk) => {
      output = (output + chunk).slice(-2000)
      if (lastOf(output, /enrolled ([\d,]+)/g) >= devices && lastOf(output, /check-ins ([\d,]+)/g) >= devices) resolve()
    })
    child.once('close', () => reject(new Error(`the simulator ended: ${output}`)))
  })
  const closed = once(child, 'close')
  await isReady
  return {
    stop: async () => {
      child.kill('SIGTERM')
      await closed
    },
  }
}
