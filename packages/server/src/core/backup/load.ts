import { once as event } from 'node:events'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type pg from 'pg'
import { from } from 'pg-copy-streams'
import { createSchema } from '../db/create-schema.ts'
import { Transaction } from '../db/database.ts'
import { dropPartitions, readSlowed } from './catalog.ts'
import type { Head, Manifest, Table } from './contents.ts'
import { migrationsOf } from './migrations.ts'

/** Writes the database of a backup in one transaction, so that there is all of it or nothing. */
export class Loader {
  readonly #client: pg.PoolClient
  #head: Head | undefined
  #after: string[] = []
  #copying: { table: Table; rows: Writable & { rowCount: number }; done: Promise<void> } | undefined
  readonly #loaded = new Map<string, number>()

  constructor(client: pg.PoolClient) {
    this.#client = client
  }

  /** Makes the tables, without what would look at each row that comes in. */
  async begin(head: Head): Promise<void> {
    this.#head = head
    const migrations = await migrationsOf(head)
    await createSchema(new Transaction(this.#client), { migrations, definitions: head.definitions })
    await dropPartitions(this.#client)
    const names = head.tables.map(({ name }) => name)
    // The rows that migrations wrote.
    await this.#run([...head.partitions.create, `TRUNCATE ${names.join(', ')}`])
    const { drop, make } = await readSlowed(this.#client)
    // What triggers would write is in the backup. An owner may turn off those of users, and no others.
    await this.#run([...drop, ...names.map((name) => `ALTER TABLE ${name} DISABLE TRIGGER USER`)])
    this.#after = [
      ...head.partitions.complete,
      ...make,
      ...names.map((name) => `ALTER TABLE ${name} ENABLE TRIGGER USER`),
    ]
  }

  async rows(table: Table, bytes: AsyncIterable<Buffer>): Promise<void> {
    if (this.#copying?.table !== table) await this.#open(table)
    const { rows, done } = this.#copying ?? (await this.#open(table))
    for await (const chunk of bytes) if (!rows.write(chunk)) await Promise.race([event(rows, 'drain'), done])
  }

  async #open(table: Table) {
    await this.#endRows()
    // Rows that are there from the beginning of their table need no second look by a vacuum.
    const frozen = table.isPartitioned ? '' : ' WITH (FREEZE)'
    const rows = this.#client.query(from(`COPY ${table.name} (${table.columns.join(', ')}) FROM STDIN${frozen}`))
    const done = finished(rows)
    done.catch(() => {})
    this.#copying = { table, rows, done }
    return this.#copying
  }

  async #endRows(): Promise<void> {
    if (!this.#copying) return
    const { table, rows, done } = this.#copying
    rows.end()
    await done
    this.#loaded.set(table.name, rows.rowCount)
    this.#copying = undefined
  }

  /** Completes the tables once their rows are there. */
  async end(tables: Manifest['tables']): Promise<void> {
    await this.#endRows()
    for (const { name, rows } of tables)
      if ((this.#loaded.get(name) ?? 0) !== rows)
        throw new Error(`${this.#loaded.get(name) ?? 0} of the ${rows} rows of the table ${name} came in`)
    await this.#run(this.#after)
    for (const { name, value, isCalled } of this.#head?.sequences ?? [])
      await this.#client.query('SELECT setval($1::regclass, $2::bigint, $3)', [name, value, isCalled])
    // Events that happened after the backup are gone, and their places in the order are taken again: who followed them goes on
    // behind all of that.
    await this.#client.query("SELECT nextval('event_epoch')")
  }

  async #run(statements: string[]): Promise<void> {
    for (const statement of statements) await this.#client.query(statement)
  }
}
