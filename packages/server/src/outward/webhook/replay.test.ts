import { listEvents } from '@mason/contract/event'
import { createGroup, deleteGroup } from '@mason/contract/group'
import {
  createWebhook,
  listWebhookDeliveries,
  replayWebhook,
  replayWebhookDelivery,
  updateWebhook,
} from '@mason/contract/webhook'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { usePlatform } from '../../../test/harness.ts'
import { status, taken, useReceivers } from '../../../test/receiver.ts'

const platform = usePlatform({ WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_HOSTS: '127.0.0.1' })
const newReceiver = useReceivers()

const firstMoment = '2020-01-01T00:00:00Z'

/** An account with groups whose events its webhook has got. */
async function withDelivered(names: string[], types = ['group.created']) {
  const [account, receiver] = [await platform.newAccount(), await newReceiver()]
  const id = (await account.call(createWebhook, { url: receiver.url, types })).data[0]?.id ?? ''
  for (const name of names) await account.call(createGroup, { name })
  await eventually(async () => {
    const { data } = await account.call(listWebhookDeliveries, { id, state: 'succeeded' })
    expect(data).toHaveLength(names.length)
  })
  receiver.calls.length = 0
  return { account, receiver, id }
}

test('one delivery comes once more under the same id, and its log goes on', async () => {
  const { account, receiver, id } = await withDelivered(['a', 'b'])
  const [first] = (await account.call(listWebhookDeliveries, { id })).data
  expect((await account.call(replayWebhookDelivery, { id: first?.id ?? '' })).data[0]?.state).toBe('waiting')
  await eventually(() => expect(receiver.calls.map(({ headers }) => headers['webhook-id'])).toEqual([first?.event.id]))
  await eventually(async () =>
    expect((await account.call(listWebhookDeliveries, { id })).data[0]).toMatchObject({
      state: 'succeeded',
      attempts: [{ status: 200 }, { status: 200 }],
    }),
  )
})

test('a range comes once more: by time, by types, and with what was never delivered', async () => {
  const { account, receiver, id } = await withDelivered(['a', 'b'])
  await account.call(updateWebhook, { id, enabled: false })
  await account.call(createGroup, { name: 'missed' })
  await expect(account.call(replayWebhook, { id, since: firstMoment })).rejects.toMatchObject({ status: 409 })
  await account.call(updateWebhook, { id, enabled: true })
  await account.call(deleteGroup, { name: 'a' })
  expect((await account.call(replayWebhook, { id, since: firstMoment })).data).toEqual([
    { since: '2020-01-01T00:00:00.000Z', until: expect.any(String), failed: false },
  ])
  await eventually(() => expect(receiver.subjects().sort()).toEqual(['a', 'b', 'missed']))

  receiver.calls.length = 0
  await account.call(replayWebhook, { id, since: firstMoment, types: ['group.deleted'] })
  await eventually(() => expect(receiver.calls.map(({ event }) => event.type)).toEqual(['group.deleted']))

  receiver.calls.length = 0
  const events = (await account.call(listEvents, { type: 'group.created' })).data
  const [since = '', until = ''] = [events[1]?.time, events[2]?.time]
  await account.call(replayWebhook, { id, since, until })
  await eventually(() => expect(receiver.subjects()).toEqual(['b']))
  await expect(account.call(replayWebhook, { id, since: until, until: since })).rejects.toMatchObject({ status: 400 })
})

test('of all that were not delivered, whether they failed or wait for their next attempt, and of no others', async () => {
  const { account, receiver, id } = await withDelivered(['well'])
  receiver.answer = status(500)
  const missed = async (name: string, ends: string) => {
    await account.call(createGroup, { name })
    await eventually(async () => {
      const { rowCount } = await platform.database.pool.query(
        `UPDATE webhook_delivery SET ${ends}, claim = NULL
         WHERE webhook_id = $1 AND state = 'waiting' AND tries > 0 AND due_at < now() + interval '30 minutes'`,
        [id],
      )
      expect(rowCount).toBe(1)
    })
  }
  await missed('failed', "state = 'failed', due_at = NULL")
  await missed('waiting', "due_at = now() + interval '1 hour'")
  receiver.answer = taken
  receiver.calls.length = 0
  await account.call(replayWebhook, { id, since: firstMoment, failed: true })
  await eventually(() => expect(receiver.subjects().sort()).toEqual(['failed', 'waiting']))
  await eventually(async () =>
    expect((await account.call(listWebhookDeliveries, { id, state: 'succeeded' })).data).toHaveLength(3),
  )
})

test('more deliveries of other events than a portion holds do not end the replay', async () => {
  const { account, receiver, id } = await withDelivered(['last'])
  await platform.database.pool.query(
    `INSERT INTO webhook_delivery (account_id, webhook_id, event_id, event_type, state, due_at)
     SELECT account_id, webhook_id, '!' || n, 'audit.entry', 'failed', NULL
     FROM webhook_delivery, generate_series(1001, 2200) AS n WHERE webhook_id = $1`,
    [id],
  )
  await platform.database.pool.query(
    `UPDATE webhook_delivery SET state = 'failed' WHERE webhook_id = $1 AND event_type = 'group.created'`,
    [id],
  )
  await account.call(replayWebhook, { id, since: firstMoment, failed: true })
  await eventually(() => expect(receiver.subjects()).toEqual(['last']))
})

test('more events than a portion holds come all', async () => {
  const { account, receiver, id } = await withDelivered([])
  await platform.database.pool.query(
    `SELECT record_events(array_agg(ROW($1, 'group.created', '{"kind": "system"}', jsonb_build_object('kind', 'group', 'id', n::text), NULL, '{}')::new_event))
     FROM generate_series(1, 1200) AS n`,
    [account.accountId],
  )
  await eventually(() => expect(new Set(receiver.subjects()).size).toBe(1_200))
  await eventually(async () => {
    const { rows } = await platform.database.pool.query(
      `SELECT count(*)::int AS count FROM webhook_delivery WHERE webhook_id = $1 AND state = 'succeeded'`,
      [id],
    )
    expect(rows[0].count).toBe(1_200)
  })
  receiver.calls.length = 0
  await account.call(replayWebhook, { id, since: firstMoment })
  await eventually(() => expect(new Set(receiver.subjects()).size).toBe(1_200))
})
