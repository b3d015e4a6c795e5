// What a device costs that is offered a roll-out, and a check-in of a device that has an open command: CPU time, for a busy machine
// says little by the clock.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Client, createClient } from '@mason/sdk/client'
import pg from 'pg'
import { sharedNow } from '../clock.ts'
import { onClose, runProgram } from '../closing.ts'
import { percentile } from '../compare.ts'
import { readCpu } from '../cpu.ts'
import { CheckIns } from '../endurance/check-ins.ts'
import { Latencies } from '../endurance/latencies.ts'
import { startReads } from '../endurance/reads.ts'
import { type Fleet, seedFleet } from '../fleet.ts'
import { sendAll } from '../load.ts'
import { type Platform, processesOf, profiled, startPlatform } from '../platform.ts'
import { postRequest } from '../request.ts'
import { seedSims } from '../sims.ts'
import { reachSteadyState } from '../steady-state.ts'
import { machineFacts } from '../table.ts'
import { change, deployTo, untilAllAreTold, waitingOf } from './deploy.ts'
import { countStatements } from './statements.ts'

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '2' },
    profile: { type: 'string' },
    /** How many check-ins a second are beside a roll-out that is paused and canceled. */
    checkins: { type: 'string', default: '300' },
    /** Prints the statements that took longest, of functions as well. Counting them costs some time. */
    statements: { type: 'boolean', default: false },
  },
})
const devices = Number(values.devices)
const connections = 64
const group = 'fleet'
const sims = 1_000

const say = (line: string) => process.stdout.write(`${line}\n`)

async function main(): Promise<void> {
  const platform = await startPlatform(profiled(values.profile))
  const statements = values.statements ? await countStatements(platform) : undefined
  const client = new pg.Client(platform.connection)
  onClose(() => client.end())
  await client.connect()
  const fleet = await seedFleet(client, devices, 'default', group)
  await seedSims(client, sims)
  await reachSteadyState(client)
  say(await machineFacts(client))
  const api = createClient({ baseUrl: `http://127.0.0.1:${platform.port}`, key: platform.ownerKey, maxRetries: 30 })

  const measure = async (what: string, work: () => Promise<unknown>) => {
    await statements?.begin(client)
    const [before, startedMs] = [readCpu(processesOf(platform)), performance.now()]
    await work()
    const [after, seconds] = [readCpu(processesOf(platform)), (performance.now() - startedMs) / 1000]
    const each = (name: string) =>
      `${name} ${Math.round((((after[name] ?? 0) - (before[name] ?? 0)) / devices) * 1e6)} µs`
    say(`${what}: ${each('PostgreSQL')}, ${each('server')}; ${Math.round(devices / seconds)}/s by the clock`)
    await statements?.print(client, say)
  }

  let round = 0
  const checkIn = () => sendAll(platform.port, connections, checkIns(fleet, ++round))
  await measure('a check-in with nothing open', checkIn)
  for (let version = 1; version <= Number(values.rounds); version++) {
    await measure('a device that is told', async () => {
      const id = await deployTo(api, group, version)
      await untilAllAreTold(api, id)
    })
    await measure('a check-in that is handed a command', checkIn)
    await measure('a check-in that shows its success', checkIn)
    await measure('a check-in with nothing open', checkIn)
    await client.query('VACUUM ANALYZE')
  }
  if (Number(values.checkins) > 0) await measureBeside({ api, platform, fleet })
}

/** A roll-out is paused and resumed again and again, and then canceled, while devices check in and clients read. */
async function measureBeside({
  api,
  platform,
  fleet,
}: {
  api: Client
  platform: Platform
  fleet: Fleet
}): Promise<void> {
  const { port, ownerKey: key } = platform
  const latencies = { 'check-ins': new Latencies(), reads: new Latencies() }
  const loads = [
    new CheckIns(port, fleet, Number(values.checkins), latencies['check-ins']),
    startReads({ port, key, fleet, sims }, latencies.reads),
  ]
  await sleep(3_000)
  const fromMs = sharedNow()
  const id = await deployTo(api, group, Number(values.rounds) + 1)
  const [pauses, resumptions]: [number[], number[]] = [[], []]
  for (let isOver = false; !isOver; ) {
    await sleep(300)
    isOver = (await waitingOf(api, id)) < devices / 4
    pauses.push(await change(api, id, 'paused'))
    resumptions.push(await change(api, id, 'running'))
  }
  const canceled = await change(api, id, 'canceled')
  const ms = (times: number[]) =>
    `${times.length}, p50 ${percentile(times, 0.5).toFixed(0)}, worst ${Math.max(...times).toFixed(0)} ms`
  say(`pauses ${ms(pauses)}; resumptions ${ms(resumptions)}; cancel ${canceled.toFixed(0)} ms`)
  for (const [name, of] of Object.entries(latencies))
    say(`${name} meanwhile: ${of.describe(fromMs, sharedNow() - 1_000)}`)
  await Promise.all(loads.map((load) => load.end()))
}

function* checkIns(fleet: Fleet, round: number): Generator<string> {
  for (const [index, id] of fleet.ids.entries()) {
    const secret = Buffer.from(`${id}:${fleet.secretOf(index)}`).toString('base64')
    const level = 10 + ((index * 31 + round * 17) % 89)
    yield postRequest('/agent/v1/checkin', `Basic ${secret}`, `{"partial":true,"battery":{"level":"${level}"}}`)
  }
}

await runProgram(main)
