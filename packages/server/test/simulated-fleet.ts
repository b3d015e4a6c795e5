import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

const main = path.resolve(import.meta.dirname, '../../agent/src/main.ts')

/** A fleet of simulated devices as an operator runs it, in a process of its own. */
export function simulateFleet(server: string, token: string, options: Record<string, string | number>) {
  const flags = Object.entries({ server, token, families: 'D450', ...options }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ])
  const child = spawn(process.execPath, [main, 'simulate', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const ended = once(child, 'close')
  return {
    output: () => output,
    stop: async () => {
      child.kill('SIGINT')
      await ended
    },
  }
}
