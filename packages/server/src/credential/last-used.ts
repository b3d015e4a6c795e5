import sql, { raw } from 'sql-template-tag'
import type { Db } from '../db/database.ts'

const flushMs = 1_000

/** Notes when the rows of a table were last used; written in batches, never with the request. */
export class LastUsed {
  readonly #db: Db
  readonly #table: string
  #uses = new Map<string, { accountId: string; at: number }>()
  #timer: NodeJS.Timeout | undefined

  constructor(db: Db, table: string) {
    this.#db = db
    this.#table = table
  }

  note(accountId: string, id: string): void {
    this.#uses.set(id, { accountId, at: Date.now() })
  }

  start(): void {
    this.#timer = setInterval(() => this.#flush().catch(() => {}), flushMs).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#flush()
  }

  async #flush(): Promise<void> {
    if (this.#uses.size === 0) return
    // In one order on every node, so that two that write the same rows do not deadlock.
    const uses = [...this.#uses].sort(([a], [b]) => (a < b ? -1 : 1))
    this.#uses = new Map()
    await this.#db.query(sql`
      UPDATE ${raw(this.#table)} AS t SET last_used_at = u.at
      FROM unnest(${uses.map(([, { accountId }]) => accountId)}::uuid[], ${uses.map(([id]) => id)}::uuid[],
                  ${uses.map(([, { at }]) => new Date(at))}::timestamptz[]) AS u (account_id, id, at)
      WHERE t.account_id = u.account_id AND t.id = u.id`)
  }
}
