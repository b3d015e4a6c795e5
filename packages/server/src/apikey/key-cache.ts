import { hash } from 'node:crypto'
import type { BlockList } from 'node:net'
import { expand, parseScope } from '@mason/contract/scopes'
import { LRUCache } from 'lru-cache'
import sql from 'sql-template-tag'
import type { KeyActor } from '../actor.ts'
import { addressSet } from '../config.ts'
import type { Db } from '../db/database.ts'
import type { HotReads } from '../db/hot.ts'
import type { Rate } from '../http/rate-limit.ts'
import { isWellFormedKey } from './key.ts'

/** A key as the request path needs it. */
export interface KnownKey {
  actor: KeyActor
  expiresAt: number
  allowedIps: BlockList | undefined
  rate: Rate | undefined
  usedAt: number
}

interface Row {
  account_id: string
  id: string
  is_operator: boolean
  scopes: string[]
  expires_at: Date | null
  allowed_ips: string[] | null
  rate_limit: Rate | null
}

const pollMs = 300
/** A deleted key must stop within a second: what is known is trusted no longer than this after the last look. */
const trustMs = 900
const flushMs = 1_000

/**
 * Answers key checks from memory. It asks the database several times a second which keys were deleted; while those
 * looks fail or come late, every check goes to the database instead.
 */
export class KeyCache {
  readonly #db: Db
  readonly #hot: HotReads
  readonly #keys = new LRUCache<string, KnownKey>({ max: 50_000 })
  readonly #used = new Set<KnownKey>()
  #lookedAt = Number.NEGATIVE_INFINITY
  #timers: NodeJS.Timeout[] = []

  constructor(db: Db, hot: HotReads) {
    this.#db = db
    this.#hot = hot
  }

  start(): void {
    const every = (ms: number, work: () => Promise<void>) => {
      const run = () => work().catch(() => {})
      this.#timers.push(setInterval(run, ms).unref())
      return run()
    }
    every(pollMs, () => this.#forgetDeleted())
    every(flushMs, () => this.#flushUses())
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.#timers = []
    await this.#flushUses()
  }

  /** The key, or undefined when it is unknown, deleted or expired: at once from memory, else from the database. */
  find(key: string): KnownKey | undefined | Promise<KnownKey | undefined> {
    const name = hash('sha256', key, 'base64')
    const isTrusted = performance.now() - this.#lookedAt < trustMs
    const known = isTrusted ? this.#keys.get(name) : undefined
    if (known) return unlessExpired(known)
    if (!isWellFormedKey(key)) return undefined
    return this.#load(name).then(unlessExpired)
  }

  /** Notes that the key was used; written in batches, never with the request. */
  touch(key: KnownKey): void {
    key.usedAt = Date.now()
    this.#used.add(key)
  }

  async #load(name: string): Promise<KnownKey | undefined> {
    const { rows } = await this.#hot.query<Row>({
      name: 'key-by-hash',
      text: `SELECT k.account_id, k.id, a.is_operator, k.scopes, k.expires_at, k.allowed_ips, k.rate_limit
             FROM api_key AS k JOIN account AS a ON a.id = k.account_id WHERE k.hash = $1 AND k.deleted_at IS NULL`,
      values: [Buffer.from(name, 'base64')],
    })
    const [row] = rows
    if (!row) {
      this.#keys.delete(name)
      return undefined
    }
    const known: KnownKey = {
      actor: {
        kind: 'key',
        accountId: row.account_id,
        id: row.id,
        isOperator: row.is_operator,
        scopes: expand(row.scopes.map(parseScope).filter((scope) => scope !== undefined)),
      },
      expiresAt: row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY,
      allowedIps: row.allowed_ips ? addressSet(row.allowed_ips) : undefined,
      rate: row.rate_limit ?? undefined,
      usedAt: 0,
    }
    this.#keys.set(name, known)
    return known
  }

  async #forgetDeleted(): Promise<void> {
    const startedAt = performance.now()
    const { rows } = await this.#db.query<{ hash: Buffer }>(
      sql`SELECT hash FROM api_key WHERE deleted_at > clock_timestamp() - interval '1 minute'`,
    )
    for (const row of rows) this.#keys.delete(row.hash.toString('base64'))
    this.#lookedAt = startedAt
  }

  async #flushUses(): Promise<void> {
    if (this.#used.size === 0) return
    const uses = [...this.#used].sort((a, b) => (a.actor.id < b.actor.id ? -1 : 1))
    this.#used.clear()
    await this.#db.query(sql`
      UPDATE api_key AS k SET last_used_at = u.at
      FROM unnest(${uses.map(({ actor }) => actor.accountId)}::uuid[], ${uses.map(({ actor }) => actor.id)}::uuid[],
                  ${uses.map(({ usedAt }) => new Date(usedAt))}::timestamptz[]) AS u (account_id, id, at)
      WHERE k.account_id = u.account_id AND k.id = u.id`)
  }
}

const unlessExpired = (key: KnownKey | undefined) => (key && key.expiresAt > Date.now() ? key : undefined)
