import { getDevice } from '@mason/contract/device'
import { expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import { connectDevice } from '../../../test/mqtt-device.ts'

const platform = usePlatform()
const report = { battery: { level: '7' } }
const levelOf = async (account: Awaited<ReturnType<typeof platform.newAccount>>, id: string) =>
  (await account.call(getDevice, { id })).data[0]?.battery?.level

/** Lets the database fail, with this code, whenever it is to write what this device reports. */
async function refuse(id: string, code: string) {
  const { pool } = platform.database
  await pool.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION SQLSTATE ''${code}''; END';
    CREATE TRIGGER refuse BEFORE UPDATE OF battery ON heartbeat FOR EACH ROW WHEN (old.device_id = '${id}') EXECUTE FUNCTION refuse()`)
  return () => pool.query('DROP TRIGGER refuse ON heartbeat; DROP FUNCTION refuse')
}

test.each(['22P02', '23505', 'P0001', 'XX000'])(
  'a report that the database never takes (%s) holds up no other one',
  async (code) => {
    const account = await platform.newAccount()
    const devices = await Promise.all(Array.from({ length: 12 }, () => newDevice(platform, account)))
    const [poison, byMqtt, ...others] = devices
    if (!poison || !byMqtt) throw new Error('there are devices')
    const connected = await connectDevice(`mqtt://127.0.0.1:${platform.mqttPort}`, byMqtt)
    const mend = await refuse(poison.id, code)
    const sent = [poison, connected, ...others].map((device) => device.checkIn(report))
    const outcomes = await Promise.allSettled(sent)
    await mend()
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...Array(11).fill('fulfilled')])
    for (const { id } of [byMqtt, ...others]) expect(await levelOf(account, id)).toBe('7')
    expect(await levelOf(account, poison.id)).toBeUndefined()
    await connected.client.endAsync(true)
  },
)
