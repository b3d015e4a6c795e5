import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import { createWebhook, listWebhookDeliveries, type WebhookDelivery } from '@mason/contract/webhook'
import { type Client, createClient } from '@mason/sdk/client'
import { expect, test, vi } from 'vitest'
import { Database } from '../src/core/db/database.ts'
import { findRunning } from '../src/core/db/embedded.ts'
import { waitAfter } from '../src/outward/webhook/schedule.ts'
import { eventually } from './eventually.ts'
import { hasEnded, kill, type Victim } from './kill.ts'
import { newDataDir, type Program } from './program.ts'
import { usePrograms } from './programs.ts'
import { type Receiver, status, taken, useReceivers } from './receiver.ts'

const start = usePrograms()
const newReceiver = useReceivers()

type Answer = Receiver['answer']

const reset: Answer = (_response, _call, { socket }) => socket.resetAndDestroy()
const stall: Answer = () => {}

/** What the receiver does while things are killed, and how often. */
const moodsTo = (elsewhere: string): Answer[] => [
  ...Array<Answer>(10).fill(taken),
  ...[status(500), status(429, { 'retry-after': '1' }), status(302, { location: elsewhere })],
  ...[status(307, { location: elsewhere }), reset, stall],
]

/** What the receiver has answered to each event, as it left: a status, or that it stalled. */
function watchAnswers(receiver: Receiver): Map<string, (number | 'stalled')[]> {
  const answers = new Map<string, (number | 'stalled')[]>()
  const answer = receiver.answer
  receiver.answer = (response, call, request) => {
    const mood = answer(response, call, request)
    if (request.socket.destroyed) return mood
    const id = String(call.headers['webhook-id'])
    answers.set(id, [...(answers.get(id) ?? []), response.writableEnded ? response.statusCode : 'stalled'])
    return mood
  }
  return answers
}

/** Creates groups until the server goes away. @returns the names of those that were answered. */
async function load({ call }: Client, round: number, isOver: () => boolean): Promise<string[]> {
  const made: string[] = []
  const work = async (lane: number) => {
    for (let index = 0; !isOver(); index++) {
      const name = `r${round}-${lane}-${index}`
      try {
        await call(createGroup, { name })
        made.push(name)
      } catch {
        return
      }
    }
  }
  await Promise.all([0, 1, 2, 3].map(work))
  return made
}

async function every<Item>(
  read: (query: { limit: number; after?: string }) => Promise<{ data: Item[]; nextPage?: string }>,
) {
  const found: Item[] = []
  let after: string | undefined
  do {
    const page = await read({ limit: 1_000, ...(after !== undefined && { after }) })
    found.push(...page.data)
    after = page.nextPage
  } while (after !== undefined)
  return found
}

/** Every call that came stands in the log, and the log claims no answer that was not given. */
function expectTruth(deliveries: readonly WebhookDelivery[], answers: ReturnType<typeof watchAnswers>): void {
  for (const { id, state, event, attempts } of deliveries) {
    const given = answers.get(event.id) ?? []
    const logged = attempts.map((attempt) => attempt.status ?? 'none')
    for (const code of new Set(logged.filter((one) => one !== 'none'))) {
      const count = (of: readonly unknown[]) => of.filter((one) => one === code).length
      expect(count(logged), `${id}: answers ${code} in the log`).toBeLessThanOrEqual(count(given))
    }
    expect(logged.length, `${id}: attempts in the log of ${given.length} calls`).toBeGreaterThanOrEqual(given.length)
    for (const attempt of attempts)
      if (attempt.status !== 200)
        expect(attempt.error, id).toMatch(/redirects|no success|no answer|reset|refused|cut off/)
    expect(state, id).toBe('succeeded')
    expect(logged, id).toContain(200)
  }
}

/** What waits is due within the time that the schedule has for it, or somebody has it on a lease. */
async function expectBounds(database: Database): Promise<void> {
  const { rows } = await database.pool.query<{ tries: number; wait: number | null; lease: number | null }>(`
    SELECT tries, extract(epoch FROM due_at - now())::float8 AS wait, extract(epoch FROM leased_until - now())::float8 AS lease
    FROM webhook_delivery WHERE state = 'waiting'`)
  for (const { tries, wait, lease } of rows) {
    expect(wait).not.toBeNull()
    expect(wait).toBeLessThanOrEqual(1.1 * (waitAfter(Math.max(1, tries), 0) ?? 0) * 1.25)
    expect(lease ?? 0).toBeLessThanOrEqual(30)
  }
}

test('every committed event reaches a receiver that fails, stalls, redirects and comes back, whatever is killed', async () => {
  const DATA_DIR = await newDataDir()
  const environment = { DATA_DIR, WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_HOSTS: '127.0.0.1' }
  const [receiver, elsewhere] = [await newReceiver(), await newReceiver()]
  const moods = moodsTo(elsewhere.url)
  receiver.answer = (...call) => moods[randomInt(moods.length)]?.(...call)
  const answers = watchAnswers(receiver)
  let program: Program = await start(environment)
  const key = program.ownerKey ?? ''
  const client = (maxRetries: number) => createClient({ baseUrl: program.url, key, maxRetries })
  const webhook = (await client(0).call(createWebhook, { url: receiver.url, types: ['group.*'] })).data[0]
  const id = webhook?.id ?? ''

  const answered: string[] = []
  const victims: Victim[] = ['server', 'database', 'both']
  for (const [round, victim] of victims.entries()) {
    let isOver = false
    const loading = load(client(0), round, () => isOver)
    const before = receiver.calls.length
    await eventually(() => expect(receiver.calls.length).toBeGreaterThan(before))
    await sleep(randomInt(700))
    await kill(victim, program, DATA_DIR)
    isOver = true
    answered.push(...(await loading))
    if (hasEnded(program)) program = await start(environment)
  }

  moods.splice(0, moods.length, taken)
  const connection = await findRunning(DATA_DIR)
  const database = new Database({ ...connection, max: 1 })
  const events = await every((query) => client(20).call(listEvents, { ...query, type: 'group.created' }))
  expect(events.length).toBeGreaterThanOrEqual(answered.length)
  const readDeliveries = () => every((query) => client(20).call(listWebhookDeliveries, { ...query, id }))
  await vi.waitFor(
    async () => {
      await expectBounds(database)
      // Nobody waits here for the hours of the schedule.
      await database.pool.query(`UPDATE webhook SET held_until = NULL`)
      await database.pool.query(
        `UPDATE webhook_delivery SET due_at = now() WHERE state = 'waiting' AND due_at > now() AND leased_until IS NULL`,
      )
      const deliveries = await readDeliveries()
      expect(deliveries.map(({ event }) => event.id)).toEqual(events.map((event) => event.id))
      expect(deliveries.filter(({ state }) => state !== 'succeeded')).toEqual([])
    },
    { timeout: 90_000, interval: 500 },
  )
  await database.close()
  const reached = new Set(receiver.subjects())
  expect(events.map(({ subject }) => subject.id).filter((name) => !reached.has(name))).toEqual([])
  expect(answered.filter((name) => !reached.has(name))).toEqual([])
  expectTruth(await readDeliveries(), answers)
  expect(elsewhere.calls, 'redirects are not followed').toEqual([])
}, 240_000)
