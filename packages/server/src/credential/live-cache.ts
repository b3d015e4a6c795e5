import { LRUCache } from 'lru-cache'
import sql, { join, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'

/** Finds what names of one kind stand for. */
export interface Lookup<Value> {
  /** What is known from memory, while that can be trusted. */
  known(name: string): Value | undefined
  /** What the database says. */
  load(name: string): Promise<Value | undefined>
}

/** One kind of thing that is kept in memory. */
interface Kind<Value> {
  load(name: string): Promise<Value | undefined>
  /** Selects the names, one `text` column, of what changed or ended after a moment. */
  changed(since: Sql): Sql
}

const pollMs = 300
/** What ended must stop within a second: what is known is trusted no longer than this after the last look. */
const trustMs = 900
const maxOfKind = 50_000

/**
 * Keeps in memory who a credential belongs to. It asks the database several times a second what changed; while those
 * looks fail or come late, every check goes to the database instead.
 */
export class LiveCache {
  readonly #db: Db
  readonly #kinds: { forget(name: string): void; changed(since: Sql): Sql }[] = []
  #lookedAt = Number.NEGATIVE_INFINITY
  /** The same by the database's clock, which may be set in between. */
  #lookedAtThere: string | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(db: Db) {
    this.#db = db
  }

  start(): void {
    const look = () => this.look().catch(() => {})
    this.#timer = setInterval(look, pollMs).unref()
    look()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Adds a kind, before the start. */
  add<Value extends object>({ load, changed }: Kind<Value>): Lookup<Value> {
    const known = new LRUCache<string, Value>({ max: maxOfKind })
    this.#kinds.push({ forget: (name) => known.delete(name), changed })
    return {
      known: (name) => (performance.now() - this.#lookedAt < trustMs ? known.get(name) : undefined),
      load: async (name) => {
        const value = await load(name)
        if (value) known.set(name, value)
        else known.delete(name)
        return value
      },
    }
  }

  /** Forgets what has changed since the last look. */
  async look(): Promise<void> {
    const startedAt = performance.now()
    // A transaction stamps when it begins and shows it when it commits: a minute is longer than any takes.
    const since = sql`least(clock_timestamp(), ${this.#lookedAtThere}::timestamptz) - interval '1 minute'`
    const selects = this.#kinds.map(
      ({ changed }, kind) => sql`SELECT ${kind}::int AS kind, name FROM (${changed(since)}) AS c (name)`,
    )
    const clock = sql`SELECT -1, clock_timestamp()::text`
    const { rows } = await this.#db.query<{ kind: number; name: string }>(join([...selects, clock], ' UNION ALL '))
    for (const { kind, name } of rows)
      if (kind === -1) this.#lookedAtThere = name
      else this.#kinds[kind]?.forget(name)
    this.#lookedAt = startedAt
  }
}
