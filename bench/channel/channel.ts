import pg from 'pg'
import { Database } from '../../packages/server/src/db/database.ts'
import { onClose } from '../closing.ts'
import { startBroker } from '../floor/broker.ts'
import type { Options } from '../options.ts'
import { startPlatform } from '../platform.ts'
import { machineFacts } from '../table.ts'
import { measureConnects } from './connects.ts'
import type { ChannelContext, Measure } from './context.ts'
import { measureFanout } from './fanout.ts'
import { measureIdle } from './idle.ts'

/** The device channel, on a server of its own: what was measured before would have left it memory that is not counted. */
export async function measureChannel(options: Options): Promise<{ measures: Measure[]; facts: string }> {
  process.stderr.write('starting a server for the device channel\n')
  const platform = await startPlatform(options.profile)
  const client = new pg.Client(platform.connection)
  onClose(() => client.end())
  await client.connect()
  const database = new Database({ ...platform.connection, max: 1 })
  onClose(() => database.close())
  const context: ChannelContext = { options, platform, broker: await startBroker(), client, database }
  const { only } = options
  // The memory first: it counts only what a process has not had before.
  const measures: Measure[] = only.includes('idle') ? await measureIdle(context) : []
  if (only.includes('connects')) measures.push(...(await measureConnects(context)))
  if (only.includes('fanout')) measures.push(...(await measureFanout(context)))
  return { measures, facts: await machineFacts(client) }
}
