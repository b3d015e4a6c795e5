// Measures every field of a filter, every sort, counts and searches, one request at a time, at fleets of several sizes.
import { parseArgs } from 'node:util'
import pg from 'pg'
import { onClose, runProgram } from '../closing.ts'
import { seedFleet } from '../fleet.ts'
import { type QueryTimes, timeRequests } from '../paths/queries.ts'
import { startPlatform } from '../platform.ts'
import { seedSims, seedUsage } from '../sims.ts'
import { reachSteadyState } from '../steady-state.ts'
import { machineFacts, table } from '../table.ts'
import { seedLabels } from './labels.ts'
import { questions } from './questions.ts'

const { values } = parseArgs({
  options: {
    /** The sizes of the fleets, which have as many SIMs. */
    devices: { type: 'string', default: '10000,100000,1000000' },
    requests: { type: 'string', default: '100' },
    /** Only questions whose name has this part. */
    only: { type: 'string', default: '' },
  },
})
const sizes = values.devices.split(',').map(Number)
const requests = Number(values.requests)
if ([...sizes, requests].some((number) => !Number.isInteger(number) || number < 1))
  throw new Error('npm run bench:filters -- [--devices 10000,100000,1000000] [--requests 100] [--only part]')

const say = (line: string) => process.stderr.write(`${line}\n`)

async function measure(devices: number): Promise<{ times: QueryTimes[]; facts: string }> {
  say(`filling ${devices.toLocaleString('en')} devices and SIMs`)
  const platform = await startPlatform([])
  const client = new pg.Client(platform.connection)
  onClose(() => client.end())
  await client.connect()
  const { ids } = await seedFleet(client, devices)
  await seedLabels(client)
  await seedSims(client, devices)
  await seedUsage(client, 40)
  await reachSteadyState(client)
  const asked = questions(ids).filter(([name]) => name.includes(values.only))
  const times = await timeRequests(platform, asked, requests)
  await platform.kill()
  return { times, facts: await machineFacts(client) }
}

await runProgram(async () => {
  const measured: QueryTimes[][] = []
  let facts = ''
  for (const size of sizes) {
    const found = await measure(size)
    measured.push(found.times)
    facts = found.facts
  }
  const rows = (measured[0] ?? []).map(({ name }, index) => [
    name,
    ...measured.map((times) => {
      const { p50 = Number.NaN, p99 = Number.NaN } = times[index] ?? {}
      return `${p50.toFixed(1)}; ${p99.toFixed(1)}`
    }),
  ])
  const head = ['p50; p99 in ms', ...sizes.map((size) => `${size.toLocaleString('en')} devices`)]
  process.stdout.write(`\n${table(head, rows)}\n\n${facts}\n`)
})
