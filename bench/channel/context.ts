import type pg from 'pg'
import type { Database } from '../../packages/server/src/db/database.ts'
import type { Broker } from '../floor/broker.ts'
import type { Options } from '../options.ts'
import type { Platform } from '../platform.ts'

/** What the measurements of the device channel work with. */
export interface ChannelContext {
  options: Options
  platform: Platform
  broker: Broker
  /** A connection to the platform's PostgreSQL. */
  client: pg.Client
  database: Database
}

/** One line of the result: ours beside aedes alone, as far as it has the like. */
export interface Measure {
  name: string
  ours: number
  floor?: number
  unit: '/s' | 'ms' | 'KB'
  target?: string
}
