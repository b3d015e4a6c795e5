import { hash } from 'node:crypto'
import { finished } from 'node:stream/promises'
import pg from 'pg'
import { from, to } from 'pg-copy-streams'
import type { Sql } from 'sql-template-tag'
import { overloaded } from '../overloaded.ts'
import { withLiterals } from './literal.ts'
import { PrimaryClient } from './primary-client.ts'
import { announced } from './statements.ts'

// Documents leave PostgreSQL as the text they are; counts fit in 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/** A statement that is prepared once per connection: for hot paths. */
export interface Prepared {
  name: string
  text: string
  values: unknown[]
  /** Spares PostgreSQL the writing out; for results that are all text. */
  binary?: boolean
  /** Rows as lists of their values. */
  rowMode?: 'array'
}

/** Saves the planning of a statement that is sent again and again; every shape of it is kept by every connection. */
export const prepared = ({ text, values }: Sql): Prepared => ({ name: hash('sha1', text, 'base64'), text, values })

interface TransactionLimits {
  /** How long each of its statements may wait for a lock; then it fails with `55P03`. Without it, as long as a statement may take. */
  lockTimeoutMs?: number
}

/** The database or a transaction in it: the first argument of every function that reads or writes. */
export interface Db {
  query<Row extends pg.QueryResultRow = never>(query: Sql | Prepared): Promise<pg.QueryResult<Row>>
  /** Sends rows by `COPY … FROM STDIN`. @returns how many there were. */
  copy(statement: string, rows: Buffer): Promise<number>
  /** Runs the work in a transaction (inside one: in a savepoint). A deadlock or a serialization failure runs it again. */
  transaction<T>(work: (tx: Db) => Promise<T>, limits?: TransactionLimits): Promise<T>
  /** Runs the effect once the change is committed; never when it is rolled back. */
  afterCommit(effect: () => void): void
}

interface CopyOptions {
  /** PostgreSQL's binary form in place of CSV. */
  isBinary?: boolean
}

/** What each connection sets when it begins. */
export const sessionSettings = {
  TimeZone: 'UTC',
  jit: 'off',
  statement_timeout: 60_000,
  idle_in_transaction_session_timeout: 60_000,
} as const
export const startOptions = '-c TimeZone=UTC -c jit=off'

/** As many may wait for a connection, for as long as one may take to come. */
const maxAwaiting = 5_000
const tooMany = () => overloaded('Too much waits for the database: send it again later')

const attempts = 5
/** A deadlock or a serialization failure. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === '40001' || error.code === '40P01')

/** Runs a statement that is a transaction by itself: what gave way to others has changed nothing, and runs again. */
export async function retried<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await run()
    } catch (error) {
      if (!isRetryable(error) || attempt === attempts) throw error
    }
}

/** A pool of connections; each query outside a transaction takes whichever is free. */
export class Database implements Db {
  readonly pool: pg.Pool
  readonly #beforeTransaction: (() => Promise<void>) | undefined

  constructor(options: pg.PoolConfig | pg.Pool, beforeTransaction?: () => Promise<void>) {
    this.#beforeTransaction = beforeTransaction
    if (options instanceof pg.Pool) {
      this.pool = options
      return
    }
    this.pool = new pg.Pool({
      connectionTimeoutMillis: 4_000,
      statement_timeout: sessionSettings.statement_timeout,
      idle_in_transaction_session_timeout: sessionSettings.idle_in_transaction_session_timeout,
      // A new one reads and maps all that it touches anew: ingest over a million SIMs then costs several times as much.
      idleTimeoutMillis: 600_000,
      ...options,
      Client: PrimaryClient,
      options: startOptions,
    })
    // A connection that dies fails its query and is replaced; without a listener, idle or in use, it would end the process.
    this.pool.on('error', () => {})
    this.pool.on('connect', (client) => client.on('error', () => {}))
  }

  /** The same connections for work that waits before each transaction. */
  waiting(beforeTransaction: () => Promise<void>): Database {
    return new Database(this.pool, beforeTransaction)
  }

  query<Row extends pg.QueryResultRow>(query: Sql | Prepared): Promise<pg.QueryResult<Row>> {
    return retried(async () => {
      this.#refuseTooMany()
      return announced(query.text, () => this.pool.query<Row>(query))
    })
  }

  copy(statement: string, rows: Buffer): Promise<number> {
    return this.transaction((tx) => tx.copy(statement, rows))
  }

  async transaction<T>(work: (tx: Transaction) => Promise<T>, { lockTimeoutMs }: TransactionLimits = {}): Promise<T> {
    const begin = lockTimeoutMs === undefined ? 'BEGIN' : `BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}`
    for (let attempt = 1; ; attempt++) {
      await this.#beforeTransaction?.()
      this.#refuseTooMany()
      const client = await this.pool.connect()
      let broken: Error | undefined
      try {
        const tx = new Transaction(client)
        await client.query(begin)
        const result = await work(tx)
        await client.query('COMMIT')
        for (const effect of tx.effects) effect()
        return result
      } catch (error) {
        await client.query('ROLLBACK').catch((failure: Error) => {
          broken = failure
        })
        if (!isRetryable(error) || attempt === attempts) throw error
      } finally {
        client.release(broken)
      }
    }
  }

  afterCommit(effect: () => void): void {
    effect()
  }

  async close(): Promise<void> {
    await this.pool.end()
  }

  #refuseTooMany(): void {
    if (this.pool.waitingCount >= maxAwaiting) throw tooMany()
  }
}

export class Transaction implements Db {
  readonly effects: (() => void)[] = []
  readonly #client: pg.PoolClient
  #depth = 0

  constructor(client: pg.PoolClient) {
    this.#client = client
  }

  query<Row extends pg.QueryResultRow>(query: Sql | Prepared): Promise<pg.QueryResult<Row>> {
    return announced(query.text, () => this.#client.query<Row>(query))
  }

  async copy(statement: string, rows: Buffer): Promise<number> {
    const stream = this.#client.query(from(statement))
    stream.end(rows)
    await finished(stream)
    return stream.rowCount
  }

  /** The rows of a query as CSV, written by PostgreSQL (`COPY … TO STDOUT`), in pieces that end anywhere. */
  copyOut(query: Sql, options?: CopyOptions): AsyncGenerator<Buffer> {
    return copyOut(this.#client, query, options)
  }

  async transaction<T>(work: (tx: Db) => Promise<T>): Promise<T> {
    const savepoint = `s${++this.#depth}`
    const kept = this.effects.length
    await this.#client.query(`SAVEPOINT ${savepoint}`)
    try {
      const result = await work(this)
      await this.#client.query(`RELEASE ${savepoint}`)
      return result
    } catch (error) {
      this.effects.length = kept
      await this.#client.query(`ROLLBACK TO ${savepoint}`)
      throw error
    } finally {
      this.#depth--
    }
  }

  afterCommit(effect: () => void): void {
    this.effects.push(effect)
  }
}

async function* copyOut(client: pg.PoolClient, query: Sql, { isBinary = false }: CopyOptions = {}) {
  const form = isBinary ? 'binary' : 'csv'
  const stream = client.query(to(`COPY (${withLiterals(query)}) TO STDOUT (FORMAT ${form})`))
  // It hears of the end of its connection also when nobody reads it any more.
  stream.on('error', () => {})
  let isOver = false
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) yield piece
    isOver = true
  } catch (error) {
    isOver = true
    throw error
  } finally {
    // PostgreSQL would go on sending: only the end of the connection stops it.
    if (!isOver) await client.end()
  }
}
