import type pg from 'pg'
import type { Database } from '../../packages/server/src/core/db/database.ts'
import type { Broker } from '../floor/broker.ts'
import type { Options } from '../options.ts'
import type { Platform } from '../platform.ts'

/** The context of the measurements of the device channel. */
export interface ChannelContext {
  options: Options
  platform: Platform
  broker: Broker
  /** A connection to the platform's PostgreSQL. */
  client: pg.Client
  database: Database
}

/** One line of the result: ours, and aedes alone when it has an equivalent. */
export interface Measure {
  name: string
  ours: number
  floor?: number
  unit: '/s' | 'ms' | 'KB'
  target?: string
}
