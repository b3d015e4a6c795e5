import { join } from 'node:path'
import type { Command, NotificationOutcome } from '@mason/contract/notification'
import type { Window } from '@mason/contract/window'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../server/test/eventually.ts'
import { fakeClock } from '../../test/fake-clock.ts'
import { temporaryDirectory } from '../../test/temporary-directory.ts'
import { CommandRunner } from './command-runner.ts'
import { Journal } from './journal.ts'
import { Outbox } from './outbox.ts'

const tonight: Window = { from: '22:00', to: '05:00', timezone: 'device' }
const evening = Date.parse('2026-11-27T18:00:00Z')
const id = '0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'
const commandOf = (rest: Partial<Command> = {}): Command => ({
  id,
  type: 'application',
  createdAt: '2026-11-27T18:00:00.000Z',
  expiresAt: '2026-12-04T18:00:00.000Z',
  window: tonight,
  ...rest,
})

let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let stop: AbortController
let journals: Journal[]
beforeEach(async () => {
  directory = await temporaryDirectory()
  stop = new AbortController()
  journals = []
})
afterEach(async () => {
  stop.abort()
  for (const journal of journals) await journal[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

interface Setting {
  startMs?: number
  /** Stops the clock at this time. */
  untilMs?: number
  /** What the platform says of the commands that are about to be carried out. */
  onAsked?: (runner: CommandRunner) => void
}

/** An agent in Paris whose clock jumps from wait to wait; without a connection, unless `onAsked` says otherwise. */
async function startRunner({ startMs = evening, untilMs = Number.POSITIVE_INFINITY, onAsked }: Setting = {}) {
  const clock = fakeClock(startMs)
  const [outcomes, ran]: [NotificationOutcome[], string[]] = [[], []]
  const outbox = new Outbox(() => {})
  outbox.attach(async (outcome) => void outcomes.push(outcome))
  const journal = await Journal.open(join(directory.path, 'journal'), clock.now)
  journals.push(journal)
  const runner: CommandRunner = new CommandRunner({
    hooks: { application: 'hook' },
    hookTimeoutMs: 1_000,
    runHook: async () => {
      ran.push(new Date(clock.now()).toISOString())
      return undefined
    },
    journal,
    outbox,
    askCheckIn: () => {
      if (runner.due().length > 0) onAsked?.(runner)
    },
    timezone: () => 'Europe/Paris',
    delay: async (ms, signal) => {
      if (clock.now() + ms > untilMs) await new Promise((_, reject) => signal.addEventListener('abort', reject))
      await clock.delay(ms, signal)
    },
    now: clock.now,
    log: () => {},
    signal: stop.signal,
  })
  return { runner, outcomes, ran, journal }
}

const opening = '2026-11-27T21:00:10.000Z'

test('a command waits for its window, in the time zone of the host, and is then carried out without a connection', async () => {
  const { runner, outcomes, ran } = await startRunner()
  runner.receive(commandOf())
  await eventually(() => expect(ran).toEqual([opening]))
  await runner.idle()
  expect(outcomes).toEqual([
    { id, state: 'held' },
    { id, state: 'acknowledged' },
  ])
})

test('inside the window it is carried out at once', async () => {
  const startMs = Date.parse('2026-11-27T23:30:00Z')
  const { runner, outcomes, ran } = await startRunner({ startMs })
  runner.receive(commandOf())
  await runner.idle()
  expect(ran).toEqual([new Date(startMs).toISOString()])
  expect(outcomes).toEqual([{ id, state: 'acknowledged' }])
})

test('one that arrives again while it waits is answered again, and carried out once', async () => {
  const { runner, outcomes, ran } = await startRunner({ untilMs: Date.parse('2026-11-27T20:00:00Z') })
  runner.receive(commandOf())
  await runner.idle()
  runner.receive(commandOf())
  await runner.idle()
  expect(outcomes).toEqual(Array(2).fill({ id, state: 'held' }))
  expect(ran).toEqual([])
})

test('it outlives a restart of the host', async () => {
  const before = await startRunner({ untilMs: Date.parse('2026-11-27T20:00:00Z') })
  before.runner.receive(commandOf())
  await before.runner.idle()
  stop.abort()
  for (const journal of journals.splice(0)) await journal[Symbol.asyncDispose]()

  stop = new AbortController()
  const after = await startRunner({ startMs: Date.parse('2026-11-27T20:30:00Z') })
  await eventually(() => expect(after.ran).toEqual([opening]))
  expect(after.outcomes[0]).toEqual({ id, state: 'held' })
})

test('one that was canceled meanwhile is dropped when the platform says so', async () => {
  const { runner, outcomes, ran, journal } = await startRunner({
    onAsked: (asking) => asking.withdraw(asking.due()),
  })
  runner.receive(commandOf())
  await eventually(() => expect(journal.held()).toEqual([]))
  await runner.idle()
  expect(ran).toEqual([])
  expect(outcomes).toEqual([{ id, state: 'held' }])
})

test('one that expires before its window opens is not carried out', async () => {
  const { runner, outcomes, ran } = await startRunner()
  runner.receive(commandOf({ expiresAt: '2026-11-27T19:00:00.000Z' }))
  await eventually(() => expect(outcomes.at(-1)).toEqual({ id, state: 'failed', reason: 'expired' }))
  expect(ran).toEqual([])
})
