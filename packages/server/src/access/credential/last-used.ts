import sql, { raw } from 'sql-template-tag'
import type { Background, Repeated } from '../../core/background.ts'
import type { Db } from '../../core/db/database.ts'
import { portion } from '../../core/jobs/portion.ts'

const flushMs = 1_000

/** Notes when the rows of a table were last used; written in batches, never with the request. What cannot be written is kept. */
export class LastUsed {
  readonly #db: Db
  readonly #table: string
  readonly #background: Background
  #uses = new Map<string, { accountId: string; at: number }>()
  #flushing: Repeated | undefined

  constructor(db: Db, table: string, background: Background) {
    this.#db = db
    this.#table = table
    this.#background = background
  }

  note(accountId: string, id: string): void {
    this.#uses.set(id, { accountId, at: Date.now() })
  }

  start(): void {
    this.#flushing = this.#background.every(`last-used-${this.#table}`, flushMs, () => this.#flush())
  }

  async stop(): Promise<void> {
    await this.#flushing?.stop()
    await this.#flushing?.turn()
  }

  async #flush(): Promise<void> {
    // In one order on every node, so that two that write the same rows do not deadlock.
    const uses = [...this.#uses].sort(([a], [b]) => (a < b ? -1 : 1))
    this.#uses = new Map()
    for (let start = 0; start < uses.length; start += portion)
      try {
        await this.#write(uses.slice(start, start + portion))
      } catch (error) {
        for (const [id, use] of uses.slice(start)) if (!this.#uses.has(id)) this.#uses.set(id, use)
        throw error
      }
  }

  async #write(uses: [string, { accountId: string; at: number }][]): Promise<void> {
    await this.#db.query(sql`
      UPDATE ${raw(this.#table)} AS t SET last_used_at = u.at
      FROM unnest(${uses.map(([, { accountId }]) => accountId)}::uuid[], ${uses.map(([id]) => id)}::uuid[],
                  ${uses.map(([, { at }]) => new Date(at))}::timestamptz[]) AS u (account_id, id, at)
      WHERE t.account_id = u.account_id AND t.id = u.id`)
  }
}
