import type pg from 'pg'
import type { Fleet } from './fleet.ts'
import type { Options } from './options.ts'
import type { Platform } from './platform.ts'

/** The context of every measurement. */
export interface Context {
  options: Options
  platform: Platform
  fleet: Fleet
  /** A connection to the platform's PostgreSQL. */
  client: pg.Client
}
