import { spawn } from 'node:child_process'
import type { Command } from '@mason/contract/notification'

interface HookOptions {
  timeoutMs: number
  /** Ends the hook, unless it may outlive the agent. */
  signal: AbortSignal
  /** Whether the hook shuts down the host, which also stops the agent; then the hook must go on. */
  mayOutliveAgent: boolean
}

/**
 * Runs a hook for a command: a shell command with `MASON_NOTIFICATION_ID` and `MASON_NOTIFICATION_TYPE` in its
 * environment and the payload as JSON on its standard input.
 *
 * @returns why the hook failed; undefined when it succeeded.
 * @throws the signal's reason when it aborts first.
 */
export type RunHook = (line: string, command: Command, options: HookOptions) => Promise<string | undefined>

/** The {@link RunHook} of the machine this program runs on. */
export const runHook: RunHook = (line, { id, type, payload }, options) => {
  const env = { MASON_NOTIFICATION_ID: id, MASON_NOTIFICATION_TYPE: type }
  return runLine(line, { env, input: payload === undefined ? '' : JSON.stringify(payload) }, options)
}

/** What a hook gets besides the agent's own environment. */
interface HookInput {
  env: Record<string, string>
  /** On its standard input. */
  input: string
}

/** Runs a shell command; returns and throws as {@link RunHook} does. */
export type RunLine = (line: string, hookInput: HookInput, options: HookOptions) => Promise<string | undefined>

/** The {@link RunLine} of the machine this program runs on. */
export const runLine: RunLine = (line, { env, input }, { timeoutMs, signal, mayOutliveAgent }) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const child = spawn(line, {
      shell: true,
      // Its own process group, so that all of it can be ended.
      detached: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    })

    const endGroup = (name: NodeJS.Signals) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name)
      } catch {
        // It has ended by itself.
      }
    }
    const abort = () => {
      if (mayOutliveAgent) child.unref()
      else endGroup('SIGTERM')
      finish(() => reject(signal.reason))
    }
    const timer = setTimeout(() => {
      endGroup('SIGKILL')
      finish(() => resolve(failure('timeout')))
    }, timeoutMs)
    const finish = (complete: () => void) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      complete()
    }

    signal.addEventListener('abort', abort, { once: true })
    child.once('error', (error) => finish(() => resolve(failure('code' in error ? String(error.code) : error.message))))
    // Not `close`: processes that the hook leaves behind may hold its standard streams open.
    child.once('exit', (code, name) => {
      finish(() => resolve(code === 0 ? undefined : failure(code === null ? `signal ${name}` : `exit ${code}`)))
    })
    // A hook need not read its input.
    child.stdin?.on('error', () => {}).end(input)
  })

const failure = (what: string) => `hook_failed: ${what}`
