import type pg from 'pg'
import type { Database } from '../db/database.ts'

/** Runs the work in a transaction as long as it takes, and never again: what it reads or writes is a stream. */
export async function once<T>(
  database: Database,
  begin: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await database.pool.connect()
  let isOver = false
  try {
    await client.query(
      `${begin}; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL DateStyle = 'ISO, YMD'`,
    )
    const result = await work(client)
    await client.query('COMMIT')
    isOver = true
    return result
  } finally {
    // What is open ends with its connection, also in the middle of a COPY.
    client.release(!isOver)
  }
}
