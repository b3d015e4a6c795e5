import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import {
  createWebhook,
  getWebhook,
  listWebhookDeliveries,
  replayWebhookDelivery,
  updateWebhook,
  type WebhookDelivery,
} from '@mason/contract/webhook'
import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { status, taken, useReceivers } from '../../../test/receiver.ts'
import { uniqueWord } from '../../../test/unique.ts'
import { limits } from './attempt.ts'

const platform = usePlatform({ WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_HOSTS: '127.0.0.1' })
const newReceiver = useReceivers()
const usual = { ...limits }
afterEach(() => void Object.assign(limits, usual))

async function newWebhook(account: TestAccount, url: string, types = ['group.*']): Promise<string> {
  return (await account.call(createWebhook, { url, types })).data[0]?.id ?? ''
}

/** The deliveries of a webhook once they meet this. */
async function deliveries(account: TestAccount, id: string, check: (found: WebhookDelivery[]) => void) {
  return eventually(async () => {
    const { data } = await account.call(listWebhookDeliveries, { id })
    check(data)
    return data
  })
}

const run = (text: string, values: unknown[]) => platform.database.pool.query(text, values)
/** Brings the next attempts forward. */
const hurry = (id: string) =>
  run('UPDATE webhook_delivery SET due_at = now() WHERE webhook_id = $1 AND due_at IS NOT NULL', [id])

describe('an attempt that fails', () => {
  test.each([
    ['an error', status(500), { status: 500, error: 'the answer is no success', answer: 'this is 500' }],
    [
      'a redirect',
      status(307, { location: 'http://127.0.0.1:1/' }),
      { status: 307, error: 'redirects are not followed' },
    ],
    [
      'a connection that is reset',
      (_: unknown, __: unknown, { socket }: { socket: { resetAndDestroy(): void } }) => socket.resetAndDestroy(),
      { error: 'the connection was reset', answer: '' },
    ],
  ] as const)('by %s says why, and comes again', async (_name, answer, attempt) => {
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    receiver.answer = answer
    const id = await newWebhook(account, receiver.url)
    await account.call(createGroup, { name: 'one' })
    const [failed] = await deliveries(account, id, ([delivery]) => expect(delivery?.attempts).toHaveLength(1))
    expect(failed).toMatchObject({ state: 'waiting', nextAttemptAt: expect.any(String), attempts: [attempt] })
    expect((await account.call(getWebhook, { id })).data[0]?.failingSince).toBeDefined()
    receiver.answer = taken
    await hurry(id)
    const [done] = await deliveries(account, id, ([delivery]) => expect(delivery?.state).toBe('succeeded'))
    expect(done?.attempts).toMatchObject([attempt, { status: 200 }])
    expect(done).not.toHaveProperty('nextAttemptAt')
    expect((await account.call(getWebhook, { id })).data[0]).not.toHaveProperty('failingSince')
    expect(new Set(receiver.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  test('on a connection that the receiver has kept, and ends, stands in the log, and is none of the tries', async () => {
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    const kept = new WeakSet<object>()
    receiver.answer = (response, _call, { socket }) => {
      if (kept.has(socket)) return socket.resetAndDestroy()
      kept.add(socket)
      return response.end()
    }
    const id = await newWebhook(account, receiver.url)
    // Whether a connection is used again is up to how soon the next event comes.
    const twice = await eventually(async () => {
      await account.call(createGroup, { name: uniqueWord('kept') })
      const found = await deliveries(account, id, (all) =>
        expect(new Set(all.map(({ state }) => state))).toEqual(new Set(['succeeded'])),
      )
      for (const { attempts, event } of found)
        expect(receiver.calls.filter(({ headers }) => headers['webhook-id'] === event.id)).toHaveLength(attempts.length)
      const [delivery] = found.filter(({ attempts }) => attempts.length > 1)
      expect(delivery).toBeDefined()
      return delivery
    })
    const [last, ...before] = twice?.attempts.toReversed() ?? []
    expect(last).toMatchObject({ status: 200 })
    for (const attempt of before) expect(attempt.error).toMatch(/ended the connection/)
    expect((await account.call(getWebhook, { id })).data[0]).not.toHaveProperty('failingSince')
  })

  test('by a receiver that stalls ends in time; one that stalls after its status has taken the event', async () => {
    limits.timeoutMs = 500
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    receiver.answer = () => {}
    const id = await newWebhook(account, receiver.url)
    await account.call(createGroup, { name: 'one' })
    await deliveries(account, id, ([delivery]) =>
      expect(delivery?.attempts).toMatchObject([{ error: 'there was no answer within 0.5 s', answer: '' }]),
    )
    receiver.answer = (response) => response.writeHead(200).write('beginning')
    await hurry(id)
    await deliveries(account, id, ([delivery]) =>
      expect(delivery).toMatchObject({ state: 'succeeded', attempts: [{}, { status: 200, answer: 'beginning' }] }),
    )
  })

  test('by nobody who listens, or by a name that leads into this machine', async () => {
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    await receiver.stop()
    const id = await newWebhook(account, receiver.url)
    const other = await newWebhook(account, receiver.url.replace('127.0.0.1', '127.0.0.1.nowhere.invalid'))
    await account.call(createGroup, { name: 'one' })
    await deliveries(account, id, ([delivery]) =>
      expect(delivery?.attempts).toMatchObject([{ error: 'the connection was refused' }]),
    )
    await deliveries(account, other, ([delivery]) => expect(delivery?.attempts[0]?.error).toMatch(/^the name/))
  })

  test('is repeated by the schedule, and then the delivery has failed', async () => {
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    receiver.answer = status(503)
    const id = await newWebhook(account, receiver.url)
    await account.call(createGroup, { name: 'one' })
    const seconds: number[] = []
    for (let attempts = 1; attempts <= 9; attempts++) {
      await deliveries(account, id, ([delivery]) => expect(delivery?.attempts).toHaveLength(attempts))
      const { rows } = await run(
        `SELECT extract(epoch FROM due_at - now())::float8 AS seconds FROM webhook_delivery WHERE webhook_id = $1`,
        [id],
      )
      seconds.push(rows[0].seconds)
      await hurry(id)
    }
    const [failed] = await deliveries(account, id, ([delivery]) => expect(delivery?.state).toBe('failed'))
    expect(failed?.attempts).toHaveLength(10)
    const wanted = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    for (const [index, wait] of wanted.entries()) {
      expect(seconds[index]).toBeLessThan(wait * 1.11)
      expect(seconds[index]).toBeGreaterThan(wait * 0.89 - 60)
    }
    receiver.answer = taken
    await account.call(replayWebhookDelivery, { id: failed?.id ?? '' })
    await deliveries(account, id, ([delivery]) => expect(delivery?.state).toBe('succeeded'))
  })

  test('with Retry-After leaves the receiver alone for so long', async () => {
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    receiver.answer = status(429, { 'retry-after': '3600' })
    const id = await newWebhook(account, receiver.url)
    await account.call(createGroup, { name: 'one' })
    const [waiting] = await deliveries(account, id, ([delivery]) => expect(delivery?.attempts).toHaveLength(1))
    expect(Date.parse(waiting?.nextAttemptAt ?? '')).toBeGreaterThan(Date.now() + 3_500_000)
    await account.call(createGroup, { name: 'two' })
    await deliveries(account, id, (found) => expect(found).toHaveLength(2))
    const quiet = await newReceiver()
    const other = await newWebhook(account, quiet.url)
    await account.call(createGroup, { name: 'three' })
    await deliveries(account, other, ([delivery]) => expect(delivery?.state).toBe('succeeded'))
    expect(receiver.subjects()).toEqual(['one'])
    // Another address is another receiver.
    await account.call(updateWebhook, { id, url: quiet.url })
    await deliveries(account, id, (found) =>
      expect(found.map(({ state }) => state)).toEqual(['waiting', 'succeeded', 'succeeded']),
    )
  })
})

test('of an answer that never ends, the first KiB is kept, and its connection ends', async () => {
  const [account, receiver] = [await platform.newAccount(), await newReceiver()]
  let isClosed = false
  receiver.answer = (response) => {
    response.on('close', () => {
      isClosed = true
    })
    const write = () => {
      while (!response.destroyed && response.write('\0é'.repeat(5_000)));
    }
    response.on('drain', write)
    write()
  }
  const id = await newWebhook(account, receiver.url)
  await account.call(createGroup, { name: 'one' })
  const [delivery] = await deliveries(account, id, ([found]) => expect(found?.state).toBe('succeeded'))
  expect(Buffer.byteLength(delivery?.attempts[0]?.answer.replaceAll('\ufffd', '.') ?? '')).toBeLessThanOrEqual(1_024)
  expect(delivery?.attempts[0]?.answer).toMatch(/^\ufffdé/)
  await eventually(() => expect(isClosed).toBe(true))
})

describe('a webhook is disabled', () => {
  test('by 410, and says so', async () => {
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    receiver.answer = status(410)
    const id = await newWebhook(account, receiver.url)
    await account.call(createGroup, { name: 'one' })
    await deliveries(account, id, ([delivery]) => expect(delivery?.state).toBe('failed'))
    expect((await account.call(getWebhook, { id })).data[0]).toMatchObject({
      enabled: false,
      disabledReason: 'its receiver answered 410 Gone',
    })
    expect((await account.call(listEvents, { type: 'webhook.disabled' })).data).toMatchObject([
      {
        actor: { kind: 'system' },
        subject: { kind: 'webhook', id },
        data: { reason: 'its receiver answered 410 Gone' },
      },
    ])
    receiver.answer = taken
    expect((await account.call(updateWebhook, { id, enabled: true })).data[0]).not.toHaveProperty('disabledReason')
    await account.call(createGroup, { name: 'two' })
    await eventually(() => expect(receiver.subjects()).toEqual(['one', 'two']))
  })

  test('when nothing has succeeded for five days', async () => {
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    receiver.answer = status(500)
    const id = await newWebhook(account, receiver.url)
    await account.call(createGroup, { name: 'one' })
    await deliveries(account, id, ([delivery]) => expect(delivery?.attempts).toHaveLength(1))
    expect((await account.call(getWebhook, { id })).data[0]?.enabled).toBe(true)
    await run(`UPDATE webhook SET failing_since = now() - interval '5 days 1 minute' WHERE id = $1`, [id])
    await hurry(id)
    await eventually(async () =>
      expect((await account.call(getWebhook, { id })).data[0]).toMatchObject({
        enabled: false,
        disabledReason: 'it has failed for 5 days',
      }),
    )
  })
})

test('what a node was cut off at is taken up by another, and the log says so', async () => {
  const [account, receiver] = [await platform.newAccount(), await newReceiver()]
  receiver.answer = status(500)
  const id = await newWebhook(account, receiver.url)
  await account.call(createGroup, { name: 'one' })
  await deliveries(account, id, ([delivery]) => expect(delivery?.attempts).toHaveLength(1))
  receiver.answer = taken
  await run(
    `UPDATE webhook_delivery SET claim = gen_random_uuid(), claimed_at = now() - interval '31 s',
       leased_until = now() - interval '1 s', due_at = now() - interval '31 s' WHERE webhook_id = $1`,
    [id],
  )
  const [done] = await deliveries(account, id, ([delivery]) => expect(delivery?.state).toBe('succeeded'))
  expect(done?.attempts).toMatchObject([
    { status: 500 },
    { error: expect.stringMatching(/^cut off/), answer: '' },
    { status: 200 },
  ])
})

test('receivers that are slow or dead hold up no other', async () => {
  const account = await platform.newAccount()
  const [slow, dead, well] = [await newReceiver(), await newReceiver(), await newReceiver()]
  const open: (() => void)[] = []
  slow.answer = (response) => void open.push(() => response.end())
  await dead.stop()
  for (const { url } of [slow, dead, well]) await newWebhook(account, url)
  const names = Array.from({ length: 60 }, (_, index) => `g${index}`)
  await Promise.all(names.map((name) => account.call(createGroup, { name })))
  await eventually(() => expect(well.subjects().sort()).toEqual([...names].sort()))
  expect(slow.calls.length).toBeLessThan(names.length)
  for (const end of open) end()
  slow.answer = taken
  await eventually(() => expect(new Set(slow.subjects()).size).toBe(names.length))
})

test('two nodes deliver every event, and hardly any twice', async () => {
  const [account, receiver] = [await platform.newAccount(), await newReceiver()]
  const other = await platform.addNode()
  const id = await newWebhook(account, receiver.url)
  const names = Array.from({ length: 100 }, (_, index) => `g${index}`)
  await Promise.all(names.map((name) => account.call(createGroup, { name })))
  await deliveries(account, id, (found) =>
    expect(found.filter(({ state }) => state === 'succeeded')).toHaveLength(names.length),
  )
  expect(receiver.subjects().sort()).toEqual([...names].sort())
  await other.stop()
})

test('an open transaction that has written events holds its own and later ones back, and loses none', async () => {
  const [account, receiver] = [await platform.newAccount(), await newReceiver()]
  const id = await newWebhook(account, receiver.url)
  const client = await platform.database.pool.connect()
  await client.query('BEGIN')
  await client.query(
    `SELECT record_events(ARRAY[ROW($1, 'group.created', '{"kind": "system"}', '{"kind": "group", "id": "late"}', NULL, '{}')::new_event])`,
    [account.accountId],
  )
  await account.call(createGroup, { name: 'early' })
  await client.query('COMMIT')
  client.release()
  await deliveries(account, id, (found) => expect(found.every(({ state }) => state === 'succeeded')).toBe(true))
  await eventually(() => expect(receiver.subjects().sort()).toEqual(['early', 'late']))
})
