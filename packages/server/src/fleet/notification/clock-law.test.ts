import { getNotification, notifyDevice } from '@mason/contract/notification'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()

const yearMs = 365 * 86_400_000
const member = { check: 'updateCheckedAt', wipe: 'resetAt' } as const

/** A device's clock: wrong by anything up to decades, and wrong by something else at every reading. */
const clock = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -180_000, max: 180_000 }),
  fc.integer({ min: -50 * yearMs, max: 70 * yearMs }),
)

const stories = fc.record({
  type: fc.constantFrom('check', 'wipe'),
  // What it reported before it was told, if anything.
  before: fc.option(clock, { nil: undefined }),
  // Whether it has done what it was told, and what its clock said then.
  hasDone: fc.boolean(),
  after: clock,
  isAcknowledged: fc.boolean(),
  repeats: fc.integer({ min: 0, max: 2 }),
})

test('whether a command was carried out does not depend on the clock of the device', async () => {
  const account = await platform.newAccount()
  await fc.assert(
    fc.asyncProperty(stories, async ({ type, before, hasDone, after, isAcknowledged, repeats }) => {
      const device = await newDevice(platform, account)
      const at = (offsetMs: number) => new Date(Date.now() + offsetMs).toISOString()
      const earlier = before === undefined ? {} : { [member[type]]: at(before) }
      await device.checkIn({ bootId: 'boot-1', ...earlier })
      const id = (await account.call(notifyDevice, { id: device.id, type })).data[0]?.id ?? ''
      await device.checkIn({ bootId: 'boot-1', ...earlier })
      const now = hasDone ? { [member[type]]: at(after) } : earlier
      const outcome = isAcknowledged ? { notificationStates: [{ id, state: 'acknowledged' as const }] } : {}
      for (let turn = 0; turn <= repeats; turn++) await device.checkIn({ partial: turn % 2 === 1, ...outcome, ...now })
      const { state } = (await account.call(getNotification, { id })).data[0] ?? {}
      const isDone = hasDone && now[member[type]] !== earlier[member[type]]
      const open = isAcknowledged ? 'acknowledged' : 'sent'
      expect(state).toBe(isDone ? 'succeeded' : open)
    }),
    { numRuns: 60 },
  )
})

test('a device that reports for the first time after it was told proves nothing by what it had before', async () => {
  const account = await platform.newAccount()
  for (const type of ['check', 'wipe'] as const) {
    const device = await newDevice(platform, account)
    const id = (await account.call(notifyDevice, { id: device.id, type })).data[0]?.id ?? ''
    // As if it had been told over MQTT before its first report.
    await platform.database.pool.query("UPDATE notification SET state = 'sent', sent_at = now() WHERE id = $1", [id])
    const state = async () => (await account.call(getNotification, { id })).data[0]?.state
    await device.checkIn({ [member[type]]: '2026-01-01T00:00:00Z' })
    expect(await state()).toBe('sent')
    await device.checkIn({ [member[type]]: '2025-01-01T00:00:00Z' })
    expect(await state()).toBe('succeeded')
  }
})
