import sql, { type Sql } from 'sql-template-tag'

/**
 * The numbers of all advisory locks: PostgreSQL knows a lock by its number alone, so two that share one block each other.
 * `server/sql` has the locks that SQL takes; a test compares.
 */
export const locks = {
  /** Who migrates the database. */
  migration: 7_310_001,
  /** The one process that runs on a data directory. */
  dataDirectory: 7_310_002,
  /** Who makes the first account. */
  firstStart: 7_310_003,
  /** Who makes a key that tokens are signed with. */
  signingKey: 7_310_007,
  /** Who writes a backup; shared by the jobs that one holds off. */
  backup: 7_310_008,
} as const

/** The first numbers of the locks that have two. */
export const lockSpaces = {
  /** The transactions that write events, by the place in their order that each is behind; see `sql/event.sql`. */
  eventOrder: 7310,
  /** The node that does a periodic job, by the hash of its name. */
  periodicJob: 7311,
} as const

/** Locks that belong to something of an account are known by a hash; those of SIMs and usage see `sql/sim.sql`, `sql/usage.sql`. */
const hashed = (text: string): Sql => sql`hashtextextended(${text}, 0)`

/** Who asks for a build of an account. */
export const buildLock = (accountId: string): Sql => hashed(`build ${accountId}`)

/** The request that does what others with its Idempotency-Key repeat. */
export const idempotencyLock = (accountId: string, key: string): Sql => hashed(`${accountId} ${key}`)

/** Who does a portion of a roll-out. Devices that leave its group share it while they are given rows; see `sql/deployment.sql`. */
export const rollOutLock = (deploymentId: string): Sql => hashed(`roll-out ${deploymentId}`)
