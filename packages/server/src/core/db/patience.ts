import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, type Db, isRetryable, type Prepared } from './database.ts'
import { isLockTimeout } from './lasting.ts'

/**
 * Who waits for an exclusive lock of a table has everybody behind him who comes after, so the wait is cut off. It is longer
 * than deadlock_timeout, after which PostgreSQL pushes an autovacuum out of the way.
 */
const lockTimeoutMs = 2_000
/** Those who were behind catch up meanwhile; the longer the lock is held by others, the rarer it is asked for. */
const pauseMs = { first: 250, longest: 8_000 }

const isHeldUp = (error: unknown) => isLockTimeout(error) || isRetryable(error)

/** A text that is sent as it is. */
export const plain = (text: string): Prepared => ({ name: '', text, values: [] })

/** Runs a change of the schema in a transaction: as long as it takes, and as often as it takes to get its locks. */
export async function changeSchema<T>(database: Database, work: (tx: Db) => Promise<T>): Promise<T> {
  for (let pause = pauseMs.first; ; pause = Math.min(2 * pause, pauseMs.longest)) {
    try {
      return await database.transaction(
        async (tx) => {
          await tx.query(plain('SET LOCAL statement_timeout = 0'))
          return work(tx)
        },
        { lockTimeoutMs },
      )
    } catch (error) {
      if (!isHeldUp(error)) throw error
      await sleep(pause)
    }
  }
}
