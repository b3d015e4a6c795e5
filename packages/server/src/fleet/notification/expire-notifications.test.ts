import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { useMqttDevices } from '../../../test/mqtt-device.ts'
import { readNotification, send } from '../../../test/notifications.ts'
import { expireNotifications } from './expire-notifications.ts'

const platform = usePlatform({}, { areJobsRunning: false })
const connect = useMqttDevices()

test('check-ins do not wait for a portion of what falls due', async () => {
  const account = await platform.newAccount()
  const [device, speaker] = [await newDevice(platform, account), await newDevice(platform, account)]
  const connected = await connect(speaker)
  await device.checkIn({ bootId: 'b' })
  const ids = [await send(account, device, { type: 'refresh' }), await send(account, speaker, { type: 'application' })]
  await device.checkIn({ partial: true, notificationStates: [] })
  await connected.next()
  // As if the server had been away: what was sent fell due, of these devices and of many others.
  await platform.database.pool.query(
    "UPDATE notification SET state = 'sent', finished_at = NULL, expires_at = now() - interval '1 hour' WHERE id = ANY ($1)",
    [ids],
  )
  await platform.database.pool.query(
    `INSERT INTO notification (account_id, id, device_id, type, state, changed_by, expires_at)
     SELECT account_id, new_id(), device_id, 'refresh', 'sent', '{"kind": "system"}', now() - interval '1 minute'
     FROM notification, generate_series(1, 3000) WHERE id = $1`,
    [ids[0]],
  )
  const ended = await platform.database.transaction(async (tx) => {
    expect(await expireNotifications.run(tx)).toBe(true)
    await device.checkIn({ bootId: 'b' })
    await connected.answer({ id: ids[1] ?? '' }, { state: 'acknowledged' })
    const { rowCount } = await tx.query({
      name: '',
      text: "SELECT FROM notification WHERE state = 'expired'",
      values: [],
    })
    return rowCount
  })
  expect(ended).toBe(500)
  for (const id of ids) expect((await readNotification(account, id))?.state).toBe('expired')
})
