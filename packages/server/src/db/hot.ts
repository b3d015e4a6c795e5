import pg from 'pg'
import type { Prepared } from './database.ts'

/**
 * Point queries over one pipelined connection: many in flight without a round trip each (measured 37 k/s against 17 k/s
 * over a pool of 8). A slow query would hold up the ones behind it, so nothing but look-ups by key belongs here.
 */
export class HotReads {
  readonly #options: pg.ClientConfig
  #connecting: Promise<pg.Client> | undefined
  #client: pg.Client | undefined

  constructor(options: pg.ClientConfig) {
    this.#options = { connectionTimeoutMillis: 5_000, ...options, options: '-c TimeZone=UTC -c jit=off' }
  }

  query<Row extends pg.QueryResultRow>(query: Prepared): Promise<Row[]> {
    if (this.#client) return this.#client.query<Row>(query).then(rowsOf)
    this.#connecting ??= this.#connect()
    return this.#connecting.then((client) => client.query<Row>(query)).then(rowsOf)
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ ...this.#options, pipeline: true })
    const forget = () => {
      if (this.#client === client) this.#client = undefined
      this.#connecting = undefined
    }
    client.on('error', forget)
    client.on('end', forget)
    try {
      await client.connect()
    } catch (error) {
      forget()
      throw error
    }
    this.#client = client
    return client
  }

  async close(): Promise<void> {
    const client = await this.#connecting?.catch(() => undefined)
    await client?.end()
  }
}

const rowsOf = <Row extends pg.QueryResultRow>({ rows }: pg.QueryResult<Row>): Row[] => rows
