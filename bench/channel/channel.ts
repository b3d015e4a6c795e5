import pg from 'pg'
import { Database } from '../../packages/server/src/core/db/database.ts'
import { onClose } from '../closing.ts'
import { startBroker } from '../floor/broker.ts'
import type { Options } from '../options.ts'
import { profiled, startPlatform } from '../platform.ts'
import { machineFacts } from '../table.ts'
import { measureConnects } from './connects.ts'
import type { ChannelContext, Measure } from './context.ts'
import { measureFanout } from './fanout.ts'
import { measureIdle } from './idle.ts'

/** Measures the device channel on its own server, because earlier measurements leave memory that would not be counted. */
export async function measureChannel(options: Options): Promise<{ measures: Measure[]; facts: string }> {
  process.stderr.write('starting a server for the device channel\n')
  const platform = await startPlatform(profiled(options.profile))
  const client = new pg.Client(platform.connection)
  onClose(() => client.end())
  await client.connect()
  const database = new Database({ ...platform.connection, max: 1 })
  onClose(() => database.close())
  const context: ChannelContext = { options, platform, broker: await startBroker(), client, database }
  const { only } = options
  // Memory first: only memory that a process did not have before is counted.
  const measures: Measure[] = only.includes('idle') ? await measureIdle(context) : []
  if (only.includes('connects')) measures.push(...(await measureConnects(context)))
  if (only.includes('fanout')) measures.push(...(await measureFanout(context)))
  return { measures, facts: await machineFacts(client) }
}
