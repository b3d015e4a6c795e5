import { LRUCache } from 'lru-cache'
import sql, { join, type Sql } from 'sql-template-tag'
import type { Background, Loop, Repeated } from '../../core/background.ts'
import type { Db } from '../../core/db/database.ts'

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

interface Watched {
  changed(since: Sql): Sql
  forget(name: string): void
}

const loopName = 'ended-credentials'
const pollMs = 300
/** What ended must stop within a second: what is known is trusted no longer than this after the last look. */
const trustMs = 900
const maxOfKind = 50_000

/**
 * Keeps in memory who a credential belongs to. It asks the database several times a second what changed, and before a
 * change that was made on this node is answered; while those looks fail or come late, every check goes to the database instead.
 */
export class LiveCache {
  readonly #db: Db
  readonly #background: Background
  readonly #loop: Loop
  readonly #watched: Watched[] = []
  #lookedAt = Number.NEGATIVE_INFINITY
  /** The same by the database's clock, which may be set in between. */
  #lookedAtThere: string | null = null
  #polling: Repeated | undefined
  #look: Promise<void> = Promise.resolve()
  #nextLook: Promise<void> | undefined
  #forgotten = 0

  constructor(db: Db, background: Background) {
    this.#db = db
    this.#background = background
    this.#loop = background.loop(loopName)
  }

  start(): void {
    this.#polling = this.#background.every(loopName, pollMs, () => this.look())
    void this.#polling.turn()
  }

  async stop(): Promise<void> {
    await this.#polling?.stop()
  }

  /** Forgets what has ended by now; once it resolves, nothing that ended before is taken from memory. */
  refresh(): Promise<void> {
    // A look that is under way may have begun too early; those that wait for the next one share it.
    this.#nextLook ??= this.#look.then(() => {
      this.#nextLook = undefined
      this.#look = this.#lookOrDistrust()
      return this.#look
    })
    return this.#nextLook
  }

  async #lookOrDistrust(): Promise<void> {
    const hasLooked = await this.#loop.run(() => this.look())
    if (!hasLooked) this.#lookedAt = Number.NEGATIVE_INFINITY
  }

  /** Whether what is in memory may be believed. */
  get isTrusted(): boolean {
    return performance.now() - this.#lookedAt < trustMs
  }

  /**
   * Whether nothing has been forgotten since a moment that the returned function remembers: what was read meanwhile may have
   * been read before it ended, and must not be kept.
   */
  mark(): () => boolean {
    const before = this.#forgotten
    return () => this.#forgotten === before
  }

  /** Calls `forget`, several times even, with each name that `changed` selects; added before the start. */
  watch(changed: Kind<object>['changed'], forget: (name: string) => void): void {
    this.#watched.push({ changed, forget })
  }

  /** Adds a kind, before the start. */
  add<Value extends object>({ load, changed }: Kind<Value>): Lookup<Value> {
    const known = new LRUCache<string, Value>({ max: maxOfKind })
    this.watch(changed, (name) => known.delete(name))
    return {
      known: (name) => (this.isTrusted ? known.get(name) : undefined),
      load: async (name) => {
        const isUnchanged = this.mark()
        const value = await load(name)
        if (value && isUnchanged()) known.set(name, value)
        else known.delete(name)
        return value
      },
    }
  }

  /** Forgets what has changed since the last look. */
  async look(): Promise<void> {
    const startedAt = performance.now()
    // A transaction stamps when it begins and shows it when it commits: a minute is longer than any takes.
    const since = sql`least(now(), ${this.#lookedAtThere}::timestamptz) - interval '1 minute'`
    const selects = this.#watched.map(
      ({ changed }, index) => sql`SELECT ${index}::int AS index, name FROM (${changed(since)}) AS c (name)`,
    )
    const clock = sql`SELECT -1, clock_timestamp()::text`
    const { rows } = await this.#db.query<{ index: number; name: string }>(join([...selects, clock], ' UNION ALL '))
    for (const { index, name } of rows)
      if (index === -1) this.#lookedAtThere = name
      else this.#watched[index]?.forget(name)
    // The clock is a row, too.
    this.#forgotten += rows.length - 1
    this.#lookedAt = Math.max(this.#lookedAt, startedAt)
  }
}
