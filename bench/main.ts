// Measures the hot paths beside their floors, on the same machine, data and database, and prints the ratios.
import pg from 'pg'
import { measureChannel } from './channel/channel.ts'
import { closeAll, closeOnSignals, isClosing, onClose } from './closing.ts'
import type { Comparison } from './compare.ts'
import type { Context } from './context.ts'
import { seedFleet } from './fleet.ts'
import { fillDocuments } from './floor/documents.ts'
import { startFloor } from './floor/server.ts'
import { channelPaths, httpPaths, type Options, readOptions } from './options.ts'
import { measureCheckin } from './paths/checkin.ts'
import { measureIngest } from './paths/ingest.ts'
import { measurePage } from './paths/page.ts'
import { measureQueries } from './paths/queries.ts'
import { measureRead } from './paths/read.ts'
import { measureUsage } from './paths/usage.ts'
import { startPlatform } from './platform.ts'
import { settle } from './settle.ts'
import { seedSims, seedUsage } from './sims.ts'
import { channelTable, comparisonTable, machineFacts, queryTable } from './table.ts'

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
  const platform = await startPlatform(options.profile)
  const client = new pg.Client(platform.connection)
  onClose(() => client.end())
  await client.connect()
  say(`filling a fleet of ${options.devices.toLocaleString('en')} devices`)
  const fleet = await seedFleet(client, options.devices)
  await fillDocuments(client)
  await settle(client)
  const facts = `${options.devices.toLocaleString('en')} devices; ${options.sims.toLocaleString('en')} SIMs × ${options.days} days; ${await machineFacts(client)}`
  const { comparisons, queries } = await measure({ options, platform, fleet, client })
  return [comparisons.length > 0 ? comparisonTable(comparisons) : [], queries ?? [], facts].flat()
}

/** What is measured before the check-ins finds the fleet as it was filled. */
async function measure(context: Context): Promise<{ comparisons: Comparison[]; queries: string | undefined }> {
  const { only } = context.options
  const comparisons: Comparison[] = []
  const times = only.includes('queries') ? await measureQueries(context) : []
  const { sims, days } = context.options
  if (only.includes('ingest') || only.includes('usage')) {
    say(`filling ${sims.toLocaleString('en')} SIMs${only.includes('usage') ? ` × ${days} days` : ''}`)
    await seedSims(context.client, sims)
    if (only.includes('usage')) {
      await seedUsage(context.client, days)
      times.push(...(await measureUsage(context)))
    }
    if (only.includes('ingest')) comparisons.push(...(await measureIngest(context)))
  }
  if (only.includes('read') || only.includes('page')) {
    const floor = await startFloor(context.platform.connection)
    if (only.includes('read')) comparisons.push(await measureRead(context, floor))
    if (only.includes('page')) comparisons.push(await measurePage(context, floor))
  }
  if (only.includes('checkin')) comparisons.push(...(await measureCheckin(context)))
  return { comparisons, queries: times.length > 0 ? queryTable(times) : undefined }
}

closeOnSignals()
try {
  await main(readOptions(process.argv.slice(2)))
} catch (error) {
  if (!isClosing())
    say(error instanceof Error ? [error.message, error.cause].filter(Boolean).join(': ') : String(error))
  process.exitCode = 1
} finally {
  await closeAll()
}
