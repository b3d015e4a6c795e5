// Measures the hot paths and their floors on the same machine, data and database, and prints the ratios.
import pg from 'pg'
import { measureChannel } from './channel/channel.ts'
import { onClose, runProgram } from './closing.ts'
import type { Comparison } from './compare.ts'
import type { Context } from './context.ts'
import { seedFleet } from './fleet.ts'
import { fillDocuments } from './floor/documents.ts'
import { startFloor } from './floor/server.ts'
import { channelPaths, httpPaths, type Options, readOptions } from './options.ts'
import { measureCheckin } from './paths/checkin.ts'
import { measureIngest } from './paths/ingest.ts'
import { type LogVolume, measureLog } from './paths/log.ts'
import { measurePage } from './paths/page.ts'
import { measureQueries, type QueryTimes } from './paths/queries.ts'
import { measureRead } from './paths/read.ts'
import { measureUsage } from './paths/usage.ts'
import { profiled, startPlatform } from './platform.ts'
import { seedSims, seedUsage } from './sims.ts'
import { reachSteadyState } from './steady-state.ts'
import { channelTable, comparisonTable, logTable, machineFacts, queryTable } from './table.ts'

const say = (line: string) => process.stderr.write(`${line}\n`)

async function main(options: Options): Promise<void> {
  const { only } = options
  const parts: string[] = []
  if (httpPaths.some((path) => only.includes(path))) parts.push(...(await measureHttp(options)))
  if (channelPaths.some((path) => only.includes(path))) {
    const { measures, facts } = await measureChannel(options)
    parts.push(channelTable(measures), facts)
  }
  process.stdout.write(`\n${parts.join('\n\n')}\n`)
}

async function measureHttp(options: Options): Promise<string[]> {
  say('starting the server')
  const platform = await startPlatform(profiled(options.profile))
  const client = new pg.Client(platform.connection)
  onClose(() => client.end())
  await client.connect()
  say(`filling a fleet of ${options.devices.toLocaleString('en')} devices`)
  const fleet = await seedFleet(client, options.devices)
  await fillDocuments(client)
  await reachSteadyState(client)
  const facts = `${options.devices.toLocaleString('en')} devices; ${options.sims.toLocaleString('en')} SIMs × ${options.days} days; ${await machineFacts(client)}`
  const { comparisons, queries, volumes } = await measure({ options, platform, fleet, client })
  return [
    comparisons.length > 0 ? comparisonTable(comparisons) : [],
    queries ?? [],
    volumes.length > 0 ? logTable(volumes) : [],
    facts,
  ].flat()
}

/** Measures the check-ins last, because they change the fleet. */
async function measure(
  context: Context,
): Promise<{ comparisons: Comparison[]; queries: string | undefined; volumes: LogVolume[] }> {
  const { only } = context.options
  const comparisons: Comparison[] = []
  const times = only.includes('queries') ? await measureQueries(context) : []
  if (only.includes('ingest') || only.includes('usage')) await measureSims(context, { comparisons, times })
  if (only.includes('read') || only.includes('page')) {
    const floor = await startFloor(context.platform.connection)
    if (only.includes('read')) comparisons.push(await measureRead(context, floor))
    if (only.includes('page')) comparisons.push(await measurePage(context, floor))
  }
  if (only.includes('checkin')) comparisons.push(...(await measureCheckin(context)))
  const volumes = only.includes('log') ? await measureLog(context) : []
  return { comparisons, queries: times.length > 0 ? queryTable(times) : undefined, volumes }
}

async function measureSims(
  context: Context,
  { comparisons, times }: { comparisons: Comparison[]; times: QueryTimes[] },
): Promise<void> {
  const { only, sims, days } = context.options
  const isUsage = only.includes('usage')
  say(`filling ${sims.toLocaleString('en')} SIMs${isUsage ? ` × ${days} days` : ''}`)
  await seedSims(context.client, sims)
  if (isUsage) {
    await seedUsage(context.client, days)
    times.push(...(await measureUsage(context)))
  }
  if (only.includes('ingest')) comparisons.push(...(await measureIngest(context)))
}

await runProgram(
  () => main(readOptions(process.argv.slice(2))),
  (error) => say(error instanceof Error ? [error.message, error.cause].filter(Boolean).join(': ') : String(error)),
)
