import type pg from 'pg'
import type { Fleet } from './fleet.ts'
import type { Options } from './options.ts'
import type { Platform } from './platform.ts'

/** What every measurement works with. */
export interface Context {
  options: Options
  platform: Platform
  fleet: Fleet
  /** A connection to the platform's PostgreSQL. */
  client: pg.Client
}
