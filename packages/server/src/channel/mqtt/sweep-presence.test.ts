import { randomUUID } from 'node:crypto'
import { getDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { type Platform, usePlatform } from '../../../test/harness.ts'
import type { Db } from '../../core/db/database.ts'
import { renew, upForSeconds } from './presence.ts'
import { sweepPresence } from './sweep-presence.ts'

/** A platform with a device that was last heard of a day ago and is due to be looked at. */
async function withSilentDevice(platform: Platform) {
  const account = await platform.newAccount()
  const { id } = await newDevice(platform, account)
  const sweep = async (before?: (tx: Db) => Promise<void>) => {
    await platform.database.pool.query(
      "UPDATE heartbeat SET last_checkin = now() - interval '1 day' WHERE device_id = $1",
      [id],
    )
    await platform.database.transaction(async (tx) => {
      await before?.(tx)
      await sweepPresence(900).run(tx)
    })
    const events = await account.call(listEvents, { device: id, type: 'device.missed' })
    return { isOnline: (await account.call(getDevice, { id })).data[0]?.online, missed: events.data.length }
  }
  return { id, sweep }
}

const run = (platform: Platform, text: string, values: unknown[] = []) => platform.database.pool.query(text, values)

const platform = usePlatform({}, { areJobsRunning: false })
const kept = { isOnline: true, missed: 0 }
const missed = { isOnline: false, missed: 1 }

test('after a start, a device is missed only when three of its intervals have passed', async () => {
  const { sweep } = await withSilentDevice(platform)
  expect(await sweep()).toEqual(kept)
  await platform.upFor(2690)
  expect(await sweep()).toEqual(kept)
  await platform.upFor(2701)
  expect(await sweep()).toEqual(missed)
})

test('after the database was away, too', async () => {
  const { sweep } = await withSilentDevice(platform)
  await platform.upFor(86_400)
  await run(platform, "UPDATE gateway SET seen_at = now() - interval '50 minutes'")
  expect(await sweep()).toEqual(kept)
  const { rows } = await run(platform, 'SELECT id FROM gateway')
  for (const { id } of rows) await renew(platform.database, id)
  expect(await sweep()).toEqual(kept)
  await platform.upFor(2701)
  expect(await sweep()).toEqual(missed)
})

test('a node that starts while another lives gives no grace; one that starts when the other is dead does', async () => {
  const { sweep } = await withSilentDevice(platform)
  await platform.upFor(86_400)
  const { rows } = await run(platform, 'SELECT id FROM gateway')
  const [starting, after] = [randomUUID(), randomUUID()]
  await renew(platform.database, starting)
  // A node has a gateway for MQTT and one for agents that poll.
  for (const { id: living } of rows) await renew(platform.database, living)
  await renew(platform.database, starting)
  const upSince = async (id: string) =>
    (
      await run(platform, 'SELECT now() - up_since > $2::interval AS is_long FROM gateway WHERE id = $1', [
        id,
        '1 hour',
      ])
    ).rows
  expect(await upSince(starting)).toEqual([{ is_long: true }])
  expect(await sweep()).toEqual(missed)

  const other = await withSilentDevice(platform)
  const outcome = await other.sweep(async (tx) => {
    // The others were killed just now, and their rows look alive for a while. Their own renewals wait for this transaction.
    await tx.query(sql`UPDATE gateway SET seen_at = now() - interval '1 second'`)
    await renew(tx, after)
    await renew(tx, after)
    expect(await upForSeconds(tx)).toBeUndefined()
    await tx.query(sql`UPDATE gateway SET seen_at = now() - interval '31 seconds' WHERE id <> ${after}`)
    expect(await upForSeconds(tx)).toBe(0)
  })
  expect(outcome).toEqual(kept)
})

test('the sweep takes nothing that a check-in waits for, and waits for nothing', async () => {
  const account = await platform.newAccount()
  const devices = await Promise.all(Array.from({ length: 6 }, () => newDevice(platform, account)))
  const [alive, locked, lockedToo, ...silent] = devices
  if (!alive || !locked || !lockedToo) throw new Error('there are devices')
  for (const { checkIn } of devices) await checkIn()
  await platform.upFor(86_400)
  await run(
    platform,
    "UPDATE heartbeat SET last_checkin = now() - interval '1 day' WHERE account_id = $1 AND device_id <> $2",
    [account.accountId, alive.id],
  )
  const sweep = sweepPresence(900)
  const client = await platform.database.pool.connect()
  await client.query('BEGIN')
  await client.query('SELECT FROM device WHERE id = $1 FOR UPDATE', [locked.id])
  await client.query('SELECT FROM heartbeat WHERE device_id = $1 FOR UPDATE', [lockedToo.id])
  const missed = async () => (await account.call(listEvents, { type: 'device.missed', limit: 100 })).data.length
  await platform.database.transaction(async (tx) => {
    await sweep.run(tx)
    await alive.checkIn()
    await alive.checkIn({ partial: true, apps: [] })
  })
  expect(await missed()).toBe(silent.length)
  await client.query('ROLLBACK')
  client.release()
  await platform.database.transaction((tx) => sweep.run(tx))
  expect(await missed()).toBe(silent.length + 2)
  expect((await account.call(getDevice, { id: alive.id })).data[0]?.online).toBe(true)
})
