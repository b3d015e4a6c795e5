import pg from 'pg'
import type { Prepared } from './database.ts'

/**
 * Point queries over one pipelined connection: many in flight without a round trip each (measured 37 k/s against 17 k/s
 * over a pool of 8). A slow query would hold up the ones behind it, so nothing but look-ups by key belongs here.
 */
export class HotReads {
  readonly #options: pg.ClientConfig
  #client: Promise<pg.Client> | undefined

  constructor(options: pg.ClientConfig) {
    this.#options = { connectionTimeoutMillis: 5_000, ...options, options: '-c TimeZone=UTC -c jit=off' }
  }

  async query<Row extends pg.QueryResultRow>(query: Prepared): Promise<Row[]> {
    this.#client ??= this.#connect()
    const client = await this.#client
    return (await client.query<Row>(query)).rows
  }

  #connect(): Promise<pg.Client> {
    const client = new pg.Client({ ...this.#options, pipeline: true })
    const forget = () => {
      if (this.#client === connecting) this.#client = undefined
    }
    client.on('error', forget)
    client.on('end', forget)
    const connecting = client.connect().then(
      () => client,
      (error) => {
        forget()
        throw error
      },
    )
    return connecting
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined)
    await client?.end()
  }
}
