import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from '@mason/contract/notification'
import { expect, test } from 'vitest'
import { eventually } from '../../../server/test/eventually.ts'
import { temporaryDirectory } from '../../test/temporary-directory.ts'
import { runHook } from './hook.ts'

const command: Command = {
  id: 'id-1',
  type: 'application',
  payload: { text: 'a "quoted" word' },
  createdAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2999-01-01T00:00:00.000Z',
}
const never = new AbortController().signal
const options = { timeoutMs: 30_000, signal: never, mayOutliveAgent: false }

test('gives it the command, in the environment and on standard input', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'out')
  const line = `{ echo "$MASON_NOTIFICATION_ID $MASON_NOTIFICATION_TYPE"; cat; } > '${file}'`
  expect(await runHook(line, command, options)).toBeUndefined()
  expect(await readFile(file, 'utf8')).toBe('id-1 application\n{"text":"a \\"quoted\\" word"}')
})

test.each([
  ['exit 7', 'hook_failed: exit 7'],
  ['kill -TERM $$', 'hook_failed: signal SIGTERM'],
  ['no-such-program-anywhere 2>/dev/null', 'hook_failed: exit 127'],
])('%s', async (line, reason) => {
  expect(await runHook(line, command, options)).toBe(reason)
})

test('need not read its input, however long', async () => {
  expect(await runHook('true', { ...command, payload: 'x'.repeat(2 ** 20) }, options)).toBeUndefined()
})

test('is over when it exits, whatever it leaves running', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'pid')
  expect(await runHook(`sleep 600 & echo $! > '${file}'`, command, options)).toBeUndefined()
  process.kill(Number(await readFile(file, 'utf8')))
})

test('takes too long, and all of it is ended', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'pid')
  expect(await runHook(`sleep 600 & echo $! > '${file}'; wait`, command, { ...options, timeoutMs: 2000 })).toBe(
    'hook_failed: timeout',
  )
  const pid = Number(await readFile(file, 'utf8'))
  await eventually(async () => expect(await stateOf(pid)).not.toMatch(/^[RS]$/))
})

/** The kernel's letter for what a process does; Z and none mean that it is over. */
async function stateOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return /\) (\S)/.exec(text)?.[1] ?? 'none'
}

test('is ended with the agent, unless it takes the host down', async () => {
  await using directory = await temporaryDirectory()
  for (const mayOutliveAgent of [false, true]) {
    const started = join(directory.path, `started-${mayOutliveAgent}`)
    const release = join(directory.path, `release-${mayOutliveAgent}`)
    const finished = join(directory.path, `finished-${mayOutliveAgent}`)
    const stop = new AbortController()
    const line = `echo $$ > '${started}'; until [ -e '${release}' ]; do sleep 0.02 || exit; done; touch '${finished}'`
    const ended = runHook(line, command, { ...options, signal: stop.signal, mayOutliveAgent })
    const pid = await eventually(async () => {
      const text = await readFile(started, 'utf8')
      expect(text).not.toBe('')
      return Number(text)
    })
    stop.abort()
    await expect(ended).rejects.toThrow()
    if (mayOutliveAgent) {
      await runHook(`touch '${release}'`, command, options)
      await eventually(() => readFile(finished))
    } else {
      await eventually(async () => expect(await stateOf(pid)).not.toMatch(/^[RS]$/))
    }
  }
})
