import { getDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()
const run = (text: string, values: unknown[]) => platform.database.pool.query(text, values)

// What a program of the version before the heartbeats sends, which may run beside this one.
const checkin = `
  UPDATE device AS d SET battery = coalesce($2, d.battery), connection = coalesce($3, d.connection), last_checkin = now(),
    last_checkin_text = (SELECT iso_time(now())), online = true WHERE id = $1`
const sweep = `
  UPDATE device AS d SET presence_mark = d.last_checkin, presence_due = d.last_checkin + interval '45 minutes', online = false,
    gateway = NULL WHERE id = $1 RETURNING d.online`

test('check-ins that an earlier program takes in are seen, and it marks nobody as missed', async () => {
  const account = await platform.newAccount()
  const device = await newDevice(platform, account)
  await device.checkIn({ battery: { level: '50' }, connection: { wifi: { enabled: true } } })
  const read = async () => (await account.call(getDevice, { id: device.id })).data[0]
  const before = await read()

  await run(checkin, [device.id, ',"battery":{"level":"49"}', null])
  const after = await read()
  expect(after).toMatchObject({ battery: { level: '49' }, connection: before?.connection })
  expect(Date.parse(after?.lastcheckin ?? '')).toBeGreaterThan(Date.parse(before?.lastcheckin ?? ''))

  await device.checkIn({ partial: true, battery: { level: '48' } })
  expect((await run(sweep, [device.id])).rows).toEqual([{ online: true }])
  expect(await read()).toMatchObject({ online: true, battery: { level: '48' } })

  await run('UPDATE device SET online = false WHERE id = $1', [device.id])
  await run(checkin, [device.id, null, null])
  expect(await read()).toMatchObject({ online: true, battery: { level: '48' } })
  expect((await account.call(listEvents, { device: device.id, type: 'device.missed' })).data).toEqual([])
})
