import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

const main = resolve(import.meta.dirname, '../src/main.ts')

/** Runs the program as an operator does, in a process of its own. */
export function runProgram(args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return {
    /** What it has said so far. */
    output: () => output,
    /** Its exit code; null when a signal ended it. */
    ended,
    end: async (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal)
      return await ended
    },
  }
}
