// Half an hour of a fleet of a million: check-ins, reads, searches, mass operations and a crash at once; prints what was late
// or lost.
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createEnrollment } from '@mason/contract/enrollment'
import { createClient } from '@mason/sdk/client'
import pg from 'pg'
import { startChild } from '../child.ts'
import { sharedNow } from '../clock.ts'
import { onClose, runProgram } from '../closing.ts'
import { type Fleet, readFleet, seedFleet } from '../fleet.ts'
import { readResidentKb } from '../memory.ts'
import { type Platform, profiled, startPlatform } from '../platform.ts'
import { seedSims } from '../sims.ts'
import { reachSteadyState } from '../steady-state.ts'
import { machineFacts } from '../table.ts'
import { CheckIns } from './check-ins.ts'
import { Happenings } from './happenings.ts'
import { Latencies } from './latencies.ts'
import { startReads, startSearches } from './reads.ts'

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '1000000' },
    /** Devices connected over MQTT, beside those that check in over HTTP. */
    connected: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '30' },
    /** A folder that keeps the filled platform for the next run. */
    data: { type: 'string', default: path.join(import.meta.dirname, '../../.cache/endurance') },
    profile: { type: 'string' },
  },
})
const devices = Number(values.devices)
const connected = Number(values.connected)
const minutes = Number(values.minutes)
const checkinSeconds = 900
const group = 'fleet'
const agent = path.join(import.meta.dirname, '../../packages/agent/src/main.ts')

const startedMs = sharedNow()
const say = (line: string) =>
  process.stdout.write(`${((sharedNow() - startedMs) / 60_000).toFixed(1).padStart(5)} min  ${line}\n`)

async function main(): Promise<void> {
  const dataDir = path.join(values.data, String(devices))
  await mkdir(dataDir, { recursive: true })
  let platform = await startPlatform(profiled(values.profile), { dataDir })
  const client = new pg.Client(platform.connection)
  onClose(() => client.end())
  client.on('error', (error) => say(String(error)))
  await client.connect()
  const fleet = await openFleet(client)
  await spreadCheckIns(client)
  say(await machineFacts(client))
  const api = createClient({ baseUrl: `http://127.0.0.1:${platform.port}`, key: platform.ownerKey, maxRetries: 30 })
  const [enrollment] = (await api.call(createEnrollment, { group })).data
  await simulate(platform, enrollment?.token ?? '')
  say(`${connected} devices are connected over MQTT`)
  const happenings = new Happenings(api, group, say)

  const latencies = { 'check-ins': new Latencies(), reads: new Latencies(), searches: new Latencies() }
  const restarts: [number, number][] = []
  const { port, ownerKey: key } = platform
  const reads = { port, key, fleet, sims: devices }
  const checkIns = new CheckIns(port, fleet, devices / checkinSeconds, latencies['check-ins'])
  const others = [startReads(reads, latencies.reads), startSearches(reads, latencies.searches)]
  const fromMs = sharedNow()
  let minuteMs = fromMs
  const minute = setInterval(() => {
    const now = sharedNow()
    const lines = Object.entries(latencies).map(
      ([name, of]) => `${name} ${of.describe(minuteMs, now - 2_000, restarts)}`,
    )
    say(`${lines.join('; ')}; backlog ${checkIns.backlog}; ${Math.round(readResidentKb(platform.pid) / 1024)} MB`)
    minuteMs = now - 2_000
  }, 60_000)
  onClose(() => clearInterval(minute))

  const crash = async () => {
    const crashedMs = sharedNow()
    await platform.kill()
    say('the server was killed')
    platform = await startPlatform(profiled(values.profile), { dataDir, port, mqttPort: platform.mqttPort })
    say(`ready again ${((sharedNow() - crashedMs) / 1000).toFixed(1)} s later`)
    while (checkIns.backlog > 0) await sleep(100)
    restarts.push([crashedMs, sharedNow()])
    say(`nothing waits ${((sharedNow() - crashedMs) / 1000).toFixed(1)} s after the kill`)
  }
  const at = async (share: number, work: () => Promise<void>) => {
    await sleep(Math.max(0, fromMs + share * minutes * 60_000 - sharedNow()))
    await work()
  }
  await at(1 / 30, () => happenings.rollOut('com.example.all', 1))
  await at(8 / 30, () => happenings.cancelRollOut('com.example.none', 1))
  await at(10 / 30, () => happenings.command(120))
  await at(18 / 30, () => happenings.cancelCommand())
  await at(22 / 30, () =>
    Promise.all([happenings.rollOut('com.example.all', 2), sleep(10_000).then(crash)]).then(() => {}),
  )
  await at(1, async () => {})

  const toMs = sharedNow()
  await Promise.all([checkIns.end(), ...others.map((load) => load.end())])
  for (const [name, of] of Object.entries(latencies)) say(`${name}: ${of.describe(fromMs, toMs, restarts)}`)
  say(`check-ins by answer: ${JSON.stringify(Object.fromEntries(checkIns.answers))}`)
  const { acknowledged, lost } = await checkIns.countLost(client)
  say(`${acknowledged} devices have an acknowledged check-in; of ${lost} it is lost`)
  say(`${await countMissed(client, minutes)} devices were missed`)
}

/** Fills the platform in the first run. */
async function openFleet(client: pg.Client): Promise<Fleet> {
  const known = await readFleet(client)
  if (known.ids.length >= devices) return known
  say(`filling ${devices} devices and as many SIMs`)
  const fleet = await seedFleet(client, devices, 'default', group)
  await seedSims(client, devices)
  await reachSteadyState(client)
  return fleet
}

/** All are online and have checked in within the last interval, in the order of their ids: the first are due next. */
async function spreadCheckIns(client: pg.Client): Promise<void> {
  const slice = 10_000
  for (let from = 0; from < devices; from += slice)
    await client.query(
      `WITH part AS (SELECT account_id, id, row_number() OVER (ORDER BY id) AS n FROM device WHERE name LIKE 'Till %' ORDER BY id LIMIT ${slice} OFFSET $1)
       UPDATE heartbeat AS h SET last_checkin = seen, last_checkin_text = iso_time(seen)
       FROM part, LATERAL (SELECT now() - (1 - ($1 + n) / $2::float8) * $3 * interval '1 second' AS seen) AS s
       WHERE (h.account_id, h.device_id) = (part.account_id, part.id)`,
      [from, devices, checkinSeconds],
    )
  await client.query('VACUUM ANALYZE heartbeat')
}

/** The platform's own simulator, in a process of its own; it connects again after the crash. */
async function simulate({ port }: Platform, token: string): Promise<void> {
  if (connected === 0) return
  const args = [
    'simulate',
    '--server',
    `http://127.0.0.1:${port}`,
    '--token',
    token,
    '--devices',
    String(connected),
    '--families',
    'D450',
  ]
  await startChild([agent, ...args], new RegExp(`connected (${connected.toLocaleString('en')}) `))
}

/** Devices that were said to be missed although they have checked in all the time. */
async function countMissed(client: pg.Client, within: number): Promise<number> {
  const { rows } = await client.query<{ missed: number }>(
    `SELECT count(*)::int AS missed FROM event WHERE type = 'device.missed' AND time > now() - $1 * interval '1 minute'`,
    [within],
  )
  return rows[0]?.missed ?? 0
}

await runProgram(main)
