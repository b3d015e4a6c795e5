import { join } from 'node:path'
import { delay } from '@mason/sdk/delay'
import { runHook, runLine } from '../src/command/hook.ts'
import { Journal } from '../src/command/journal.ts'
import type { Credential } from '../src/credential/credential.ts'
import { openExchange } from '../src/http/exchange.ts'
import { openChannel } from '../src/mqtt/channel.ts'
import { type AgentOptions, runAgent } from '../src/run/run-agent.ts'

/** Runs a host agent with a credential, in a directory that may hold an earlier run's journal, until it is stopped. */
export async function startAgent(directory: string, credential: Credential, overrides: Partial<AgentOptions> = {}) {
  const stop = new AbortController()
  const lines: string[] = []
  const journal = await Journal.open(join(directory, 'journal'), Date.now)
  const ended = runAgent({
    isOnce: false,
    readCredential: async () => credential,
    readReport: async () => ({ bootId: 'boot-1', battery: { level: '80' } }),
    openExchange,
    openChannel,
    journal,
    hooks: {},
    hookTimeoutMs: 30_000,
    runHook,
    deploy: {
      hook: undefined,
      runLine,
      path: join(directory, 'installed'),
      folder: join(directory, 'downloads'),
    },
    now: Date.now,
    delay,
    // Without this it would wait before it connects again.
    random: () => 0,
    log: (line) => lines.push(line),
    signal: stop.signal,
    ...overrides,
  }).finally(() => journal[Symbol.asyncDispose]())
  ended.catch(() => {})
  return {
    lines,
    ended,
    stop: async () => {
      stop.abort()
      await ended.catch(() => {})
    },
  }
}
