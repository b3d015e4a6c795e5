import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from '@mason/contract/notification'
import { dayMs } from '@mason/contract/time'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { temporaryDirectory } from '../../test/temporary-directory.ts'
import { Journal } from './journal.ts'

const nowMs = Date.parse('2026-11-02T09:30:00Z')
const commandOf = (id: string, type: Command['type'] = 'application'): Command => ({
  id,
  type,
  createdAt: new Date(nowMs).toISOString(),
  expiresAt: new Date(nowMs + dayMs).toISOString(),
})

let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let path: string
beforeEach(async () => {
  directory = await temporaryDirectory()
  path = join(directory.path, 'journal')
})
afterEach(() => directory[Symbol.asyncDispose]())

/** Opens the journal as a new run of the agent would, and closes it when the work is done. */
async function reopen<A>(work: (journal: Journal) => A, atMs = nowMs): Promise<Awaited<A>> {
  await using journal = await Journal.open(path, () => atMs)
  return await work(journal)
}

test('tells a later run what became of each command', async () => {
  await reopen(async (journal) => {
    await journal.record(commandOf('unfinished'), 'started')
    await journal.record(commandOf('reboot', 'reboot'), 'started')
    await journal.record(commandOf('reboot', 'reboot'), 'acknowledged')
    await journal.record(commandOf('done'), 'done')
    await journal.record(commandOf('failed'), 'failed', 'hook_failed: exit 3')
  })
  await reopen((journal) => {
    const outcomes = ['unfinished', 'reboot', 'done', 'failed', 'unheard-of'].map((id) => journal.outcomeOf(id))
    expect(outcomes).toEqual([
      { id: 'unfinished', state: 'failed', reason: 'interrupted' },
      { id: 'reboot', state: 'acknowledged' },
      { id: 'done', state: 'acknowledged' },
      { id: 'failed', state: 'failed', reason: 'hook_failed: exit 3' },
      undefined,
    ])
    expect(journal.interrupted()).toEqual(outcomes.slice(0, 1))
  })
})

test('cut off anywhere, it tells every step that was written in full, and takes new ones', async () => {
  const ids = ['one', 'two']
  await reopen(async (journal) => {
    for (const id of ids) await journal.record(commandOf(id), 'done')
  })
  const whole = await readFile(path, 'utf8')
  const ends = ids.map((_, index) => whole.split('\n', index + 2).join('\n').length)
  for (let length = ends[0] ?? 0; length <= whole.length; length++) {
    await writeFile(path, whole.slice(0, length))
    const there = ids.filter((_, index) => (ends[index] ?? 0) <= length)
    await reopen(async (journal) => {
      expect(ids.filter((id) => journal.outcomeOf(id))).toEqual(there)
      await journal.record(commandOf('later'), 'done')
    })
    expect(await reopen((journal) => journal.outcomeOf('later'))).toBeDefined()
  }
})

test('what is no step is passed over', async () => {
  await writeFile(path, '\n{"id":1}\nnonsense\n[]\n')
  expect(await reopen((journal) => journal.interrupted())).toEqual([])
})

test('forgets a command a day after it expired', async () => {
  await reopen((journal) => journal.record(commandOf('old'), 'done'))
  expect(await reopen((journal) => journal.outcomeOf('old'), nowMs + 2 * dayMs)).toBeDefined()
  expect(await reopen((journal) => journal.outcomeOf('old'), nowMs + 2 * dayMs + 1)).toBeUndefined()
})

test('stays small while it is used, and is for its owner alone', async () => {
  await reopen(async (journal) => {
    for (let step = 0; step < 500; step++) await journal.record(commandOf('same'), 'done')
  })
  expect((await readFile(path, 'utf8')).split('\n').length).toBeLessThan(250)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('the last update check and reset belong to the report', async () => {
  await reopen(async (journal) => {
    expect(journal.report()).toEqual({})
    await journal.record(commandOf('check', 'check'), 'done')
    await journal.record(commandOf('wipe', 'wipe'), 'acknowledged')
  })
  const report = await reopen(async (journal) => {
    await journal.record(commandOf('wipe', 'wipe'), 'done')
    return journal.report()
  }, nowMs + 1000)
  expect(report).toEqual({ updateCheckedAt: '2026-11-02T09:30:00.000Z', resetAt: '2026-11-02T09:30:01.000Z' })
})
