import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startFakePlatform } from '../../test/fake-platform.ts'
import { temporaryDirectory } from '../../test/temporary-directory.ts'
import type { Report } from '../check-in/report.ts'
import { runHook, runLine } from '../command/hook.ts'
import { Journal } from '../command/journal.ts'
import { openExchange } from '../http/exchange.ts'
import { openChannel } from '../mqtt/channel.ts'
import { CredentialRefused } from './credential-refused.ts'
import { type AgentOptions, runAgent } from './run-agent.ts'

let platform: Awaited<ReturnType<typeof startFakePlatform>>
let directory: Awaited<ReturnType<typeof temporaryDirectory>>
beforeEach(async () => {
  platform = await startFakePlatform()
  directory = await temporaryDirectory()
})
afterEach(async () => {
  await platform[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

const reports: Report[] = [80, 79, 78, 77].map((level) => ({
  bootId: 'boot-1',
  battery: { level: String(level) },
  os: { masonOS: { release: '12' } },
}))

/** Runs an agent, one report after the other, until the reports are used up. */
async function run(overrides: Partial<AgentOptions> = {}) {
  const credential = { id: randomUUID(), secret: randomUUID() }
  platform.credentials.set('S1', credential)
  const stop = new AbortController()
  const waitsMs: number[] = []
  const pending = reports.values()
  await using journal = await Journal.open(join(directory.path, 'journal'), Date.now)
  await runAgent({
    isOnce: false,
    readCredential: async () => ({ server: platform.url, checkinSeconds: 900, ...credential }),
    readReport: async () => {
      const { value } = pending.next()
      if (!value) stop.abort()
      return value ?? {}
    },
    openExchange,
    openChannel,
    deploy: {
      hook: undefined,
      runLine,
      path: join(directory.path, 'installed'),
      folder: join(directory.path, 'downloads'),
    },
    journal,
    hooks: {},
    hookTimeoutMs: 30_000,
    runHook,
    now: Date.now,
    delay: async (ms, signal) => {
      waitsMs.push(ms)
      signal.throwIfAborted()
    },
    random: () => 0.5,
    log: () => {},
    signal: stop.signal,
    ...overrides,
  })
  return { waitsMs, bodies: platform.checkins.map(({ body }) => body) }
}

test('a whole report, then what changed, as often as the answers say', async () => {
  platform.settings.checkinSeconds = 60
  const { bodies, waitsMs } = await run()
  expect(bodies).toEqual([reports[0], ...['79', '78', '77'].map((level) => ({ partial: true, battery: { level } }))])
  expect(waitsMs).toEqual([60_000, 60_000, 60_000, 60_000])
})

test('logs once what the server ignored', async () => {
  const ignored = [{ path: '/battery/level', message: 'must be 0 to 100' }]
  const answer = { status: 200, body: { notifications: [], checkinSeconds: 900, ignored } }
  platform.replies.push(answer, answer)
  const lines: string[] = []
  await run({ log: (line) => lines.push(line) })
  expect(lines.filter((line) => line.includes('ignored'))).toEqual([
    'the server ignored what it cannot read: /battery/level must be 0 to 100',
  ])
})

test('whole again after a cut connection and after a server error', async () => {
  platform.replies.push(undefined, {}, { status: 500 })
  const { bodies, waitsMs } = await run()
  expect(bodies).toEqual([reports[0], reports[3]])
  expect(waitsMs).toEqual([900_000, 500, 1000, 900_000])
})

test('429 and its Retry-After leave no doubt about what the server holds', async () => {
  platform.replies.push(undefined, { status: 429, headers: { 'retry-after': '40' } })
  const { bodies, waitsMs } = await run()
  expect(bodies[1]).toEqual({ partial: true, battery: { level: '78' } })
  expect(waitsMs[1]).toBe(40_500)
})

test('503 and its Retry-After', async () => {
  platform.replies.push({ status: 503, headers: { 'retry-after': '40' } })
  const { bodies, waitsMs } = await run()
  expect(bodies[0]).toEqual(reports[1])
  expect(waitsMs[0]).toBe(40_500)
})

test('a credential that is refused ends it, once or again and again', async () => {
  const readCredential = async () => ({ server: platform.url, checkinSeconds: 900, id: 'other', secret: 'wrong' })
  await expect(run({ readCredential })).rejects.toThrow(CredentialRefused)
  await expect(run({ readCredential, isOnce: true })).rejects.toThrow('enroll again')
})

test('a host that was enrolled again meanwhile goes on with a whole report', async () => {
  const fresh = { id: randomUUID(), secret: randomUUID() }
  platform.credentials.set('S2', fresh)
  const stored = [{ id: 'old', secret: 'old' }, fresh].values()
  const readCredential = async () => ({
    server: platform.url,
    checkinSeconds: 900,
    ...(stored.next().value ?? fresh),
  })
  const { bodies } = await run({ readCredential })
  expect(bodies[0]).toEqual(reports[1])
  expect(bodies[1]).toMatchObject({ partial: true })
})

test('once checks in once, and fails when that fails', async () => {
  expect((await run({ isOnce: true })).bodies).toEqual([reports[0]])
  platform.replies.push({ status: 500, body: { type: 'api_error', message: 'broken' } })
  await expect(run({ isOnce: true })).rejects.toThrow('broken')
})

test('stops while it waits, and while a check-in is in flight', async () => {
  const stop = new AbortController()
  const delay = async (_: number, signal: AbortSignal) => {
    stop.abort()
    signal.throwIfAborted()
  }
  expect((await run({ signal: stop.signal, delay })).bodies).toHaveLength(1)

  const stopInFlight = new AbortController()
  const openAndStop = (server: string) => {
    const exchange = openExchange(server)
    const post: typeof exchange.post = (...args) => {
      const pending = exchange.post(...args)
      stopInFlight.abort()
      return pending
    }
    return { ...exchange, post }
  }
  await run({ signal: stopInFlight.signal, openExchange: openAndStop })
})
