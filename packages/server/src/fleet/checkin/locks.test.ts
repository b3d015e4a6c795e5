import type { Checkin } from '@mason/contract/checkin'
import { getDevice } from '@mason/contract/device'
import { notifyDevice } from '@mason/contract/notification'
import { expect, test } from 'vitest'
import { newDevice, type TestDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { connectDevice } from '../../../test/mqtt-device.ts'

const platform = usePlatform()
const battery = (level: string) => ({ battery: { level } })

/** Locks the rows of these devices from another session, until it is told to let go. */
async function lock(devices: TestDevice[]) {
  const client = await platform.database.pool.connect()
  await client.query('BEGIN')
  await client.query('SELECT FROM heartbeat WHERE device_id = ANY ($1) FOR UPDATE', [devices.map(({ id }) => id)])
  return async () => {
    await client.query('ROLLBACK')
    client.release()
  }
}

test('a locked row holds up the check-ins of its own device alone', async () => {
  const account = await platform.newAccount()
  const devices = await Promise.all(Array.from({ length: 20 }, () => newDevice(platform, account)))
  const [locked, lockedToo, byMqtt, ...others] = devices
  if (!locked || !lockedToo || !byMqtt) throw new Error('there are devices')
  const connected = await connectDevice(`mqtt://127.0.0.1:${platform.mqttPort}`, byMqtt)
  const letGo = await lock([locked, lockedToo])
  const answered: string[] = []
  const report = ({ id, checkIn }: { id: string; checkIn: (report: Checkin) => Promise<unknown> }, level: string) =>
    checkIn(battery(level)).then(() => answered.push(`${id} ${level}`))

  const waiting = [report(locked, '1'), report(lockedToo, '1')]
  // Several rounds: what is held up takes none of the lanes.
  for (const level of ['1', '2', '3'])
    await Promise.all([{ ...connected, id: byMqtt.id }, ...others].map((device) => report(device, level)))
  waiting.push(report(locked, '2'))
  await report(byMqtt, '4')
  expect(answered.filter((line) => line.startsWith(locked.id) || line.startsWith(lockedToo.id))).toEqual([])

  await letGo()
  await Promise.all(waiting)
  expect(answered.filter((line) => line.startsWith(locked.id))).toEqual([`${locked.id} 1`, `${locked.id} 2`])
  const { data } = await account.call(getDevice, { id: locked.id })
  expect(data[0]?.battery).toEqual({ level: '2' })
  await connected.client.endAsync(true)
})

test('a lock on what a report touches besides its device holds up no other device', async () => {
  const account = await platform.newAccount()
  const devices = await Promise.all(Array.from({ length: 12 }, () => newDevice(platform, account)))
  const [waiting, ...others] = devices
  if (!waiting) throw new Error('there are devices')
  const { data: queued } = await account.call(notifyDevice, { id: waiting.id, type: 'refresh' })
  const client = await platform.database.pool.connect()
  await client.query('BEGIN')
  await client.query('SELECT FROM notification WHERE id = $1 FOR UPDATE', [queued[0]?.id])
  let isAnswered = false
  const held = waiting.checkIn(battery('5')).then(() => {
    isAnswered = true
  })
  await Promise.all(others.map((device) => device.checkIn(battery('6'))))
  expect(isAnswered).toBe(false)
  await client.query('ROLLBACK')
  client.release()
  await held
})
