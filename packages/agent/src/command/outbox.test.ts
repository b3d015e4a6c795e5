import type { NotificationOutcome } from '@mason/contract/notification'
import { expect, test, vi } from 'vitest'
import { Outbox } from './outbox.ts'

const acknowledged: NotificationOutcome = { id: 'n1', state: 'acknowledged' }
const failed: NotificationOutcome = { id: 'n1', state: 'failed', reason: 'hook_failed: exit 1' }

test('without a sender it says that something waits, and a check-in confirms it', async () => {
  const onStranded = vi.fn()
  const outbox = new Outbox(onStranded)
  const receipt = outbox.add(acknowledged)
  expect(onStranded).toHaveBeenCalledOnce()
  outbox.confirm(outbox.waiting())
  expect(await receipt).toBe('confirmed')
  expect(outbox.waiting()).toEqual([])
})

test('a sender gets what waits and what comes; what it loses goes on waiting', async () => {
  const onStranded = vi.fn()
  const outbox = new Outbox(onStranded)
  const receipt = outbox.add(acknowledged)
  const detach = outbox.attach(() => Promise.reject(new Error('cut')))
  void outbox.add({ ...failed, id: 'n2' })
  expect(onStranded).toHaveBeenCalledOnce()
  detach()
  expect(onStranded).toHaveBeenCalledTimes(2)
  expect(outbox.waiting()).toHaveLength(2)

  const sent: NotificationOutcome[] = []
  outbox.attach(async (outcome) => void sent.push(outcome))
  expect(await receipt).toBe('confirmed')
  expect(sent.map(({ id }) => id)).toEqual(['n1', 'n2'])
})

test('an outcome that was replaced while it was on its way is not taken for the newer one', async () => {
  const outbox = new Outbox(() => {})
  void outbox.add(acknowledged)
  const onItsWay = outbox.waiting()
  const receipt = outbox.add(failed)
  outbox.confirm(onItsWay)
  expect(outbox.waiting()).toEqual([failed])
  outbox.confirm([failed])
  expect(await receipt).toBe('confirmed')
})

test('a dead credential refuses all', async () => {
  const outbox = new Outbox(() => {})
  const receipt = outbox.add(acknowledged)
  outbox.refuse()
  expect(await receipt).toBe('refused')
  expect(outbox.waiting()).toEqual([])
})
