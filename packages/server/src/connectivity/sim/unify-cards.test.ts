import { listDevices } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { withLuhnDigit } from '@mason/contract/identifiers'
import { getSim, listSims, registerSim, updateSim } from '@mason/contract/sim'
import { getSimUsage, getUsage } from '@mason/contract/usage'
import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { migrate } from '../../core/db/migrate.ts'

// SIMs that were registered by 18 digits before these were the card with the check digit.

const platform = usePlatform()
const short = '898830300000061422'
const whole = withLuhnDigit(short)
const stand = withLuhnDigit('898830300000061499')
const date = '2026-11-01'

async function ingest({ key }: TestAccount, ...records: unknown[]) {
  const body = JSON.stringify({ records })
  const answer = await platform.fetch('/v1/default/usage', { method: 'POST', key, body })
  return ((await answer.json()) as { data: [{ accepted: number; duplicates: number }] }).data[0]
}

const record = (id: string, iccid: string, upload: number) => ({
  id,
  iccid,
  start: `${date}T00:00:00Z`,
  upload,
  download: 0,
})

/** Turns the SIM that stands in into one known by 18 digits, as they were before. */
async function makeShort({ accountId }: TestAccount): Promise<void> {
  await platform.database.pool.query(`
    BEGIN; SET LOCAL session_replication_role = replica;
    ${['sim', 'sim_marker', 'usage_record', 'usage_sim_month', 'sim_over_limit', 'usage_touched']
      .map(
        (table) => `UPDATE ${table} SET iccid = '${short}' WHERE account_id = '${accountId}' AND iccid = '${stand}';`,
      )
      .join('')}
    UPDATE device SET iccids = ARRAY['${short}'] WHERE account_id = '${accountId}' AND iccids IS NOT NULL;
    INSERT INTO card_to_unify VALUES ('${accountId}', '${short}');
    COMMIT`)
}

const bytesOf = async ({ call }: TestAccount, marker?: string) =>
  (await call(getUsage, { date, ...(marker && { marker }) })).data[0]?.usage.total

test('a SIM gets its check digit with all that hangs on it', async () => {
  const account = await platform.newAccount()
  const { call } = account
  const markers = [{ key: 'site', value: 'a' }]
  await call(registerSim, { iccid: stand, name: 'Till', markers })
  await call(updateSim, { iccid: stand, state: 'active', dataLimit: { bytes: 1000, action: 'alert' } })
  const device = await newDevice(platform, account)
  await device.checkIn({ bootId: 'b', connection: { sim: [{ iccid: stand }] } })
  await ingest(account, record('1', stand, 10), record('2', stand, 5))
  const events = (await call(listEvents)).data.length
  await makeShort(account)
  await migrate(platform.database)

  for (const iccid of [short, whole])
    expect((await call(getSim, { iccid })).data).toMatchObject([
      { iccid: whole, name: 'Till', state: 'active', markers, device: { id: device.id }, dataLimit: { bytes: 1000 } },
    ])
  expect((await call(listDevices, { iccid: short })).data).toHaveLength(1)
  expect((await call(getSimUsage, { iccid: whole, date })).data[0]?.usage.upload).toBe(15)
  expect(await bytesOf(account)).toBe(15)
  expect(await bytesOf(account, 'site:a')).toBe(15)
  expect(await ingest(account, record('1', short, 10))).toMatchObject({ accepted: 0, duplicates: 1 })
  expect((await call(listEvents)).data).toHaveLength(events)
})

test('of two SIMs of one card one is left, with the usage of both', async () => {
  const account = await platform.newAccount()
  const { call } = account
  await call(registerSim, { iccid: whole, markers: [{ key: 'site', value: 'a' }] })
  await call(registerSim, {
    iccid: stand,
    markers: [
      { key: 'site', value: 'b' },
      { key: 'customer', value: 'c' },
    ],
  })
  await ingest(account, record('1', whole, 10), record('2', stand, 5), record('1', stand, 1))
  await makeShort(account)
  await migrate(platform.database)

  const { data } = await call(listSims)
  expect(data).toMatchObject([
    {
      iccid: whole,
      markers: [
        { key: 'customer', value: 'c' },
        { key: 'site', value: 'a' },
      ],
    },
  ])
  expect((await call(getSimUsage, { iccid: whole, date })).data[0]?.usage.upload).toBe(16)
  expect(await bytesOf(account)).toBe(16)
  expect(await bytesOf(account, 'site:a')).toBe(16)
  expect(await bytesOf(account, 'site:b')).toBe(0)
  expect(await bytesOf(account, 'customer:c')).toBe(16)
  expect(await ingest(account, record('1', short, 10), record('2', short, 5))).toMatchObject({ duplicates: 2 })
})

test('a device that reports 18 digits is tied when its SIM is registered', async () => {
  const account = await platform.newAccount()
  const device = await newDevice(platform, account)
  await device.checkIn({ bootId: 'b', connection: { sim: [{ iccid: stand }] } })
  await makeShort(account)
  await migrate(platform.database)
  const { data } = await account.call(registerSim, { iccid: whole })
  expect(data[0]?.device?.id).toBe(device.id)
})
