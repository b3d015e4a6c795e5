import { hash } from 'node:crypto'
import type { BlockList } from 'node:net'
import { expand, parseScope } from '@mason/contract/scopes'
import type { FastifyReply, FastifyRequest } from 'fastify'
import sql, { type Sql } from 'sql-template-tag'
import type { KeyActor } from '../../core/actor.ts'
import type { Prepared } from '../../core/db/database.ts'
import type { HotReads } from '../../core/db/hot.ts'
import { isWellFormedKey } from '../../core/key.ts'
import { addressSet } from '../../core/settings/addresses.ts'
import type { LiveCache, Lookup } from '../credential/live-cache.ts'
import type { Rate } from '../rate-limit.ts'

/** A key as the request path needs it. */
export interface KnownKey {
  actor: KeyActor
  expiresAt: number
  allowedIps: BlockList | undefined
  rate: Rate | undefined
}

/** Lets the holder of a key in, or refuses whoever has none. */
export type AdmitKey = (request: FastifyRequest, reply: FastifyReply, key: KnownKey | undefined) => KeyActor

interface Row {
  account_id: string
  id: string
  is_operator: boolean
  scopes: string[]
  groups: string[] | null
  expires_at: Date | null
  allowed_ips: string[] | null
  rate_limit: Rate | null
}

/** Answers key checks from memory; a deleted key stops within a second. */
export class KeyCache {
  readonly #byHash: Lookup<KnownKey>
  readonly #byId: Lookup<KnownKey>

  constructor(cache: LiveCache, hot: HotReads) {
    const load = async (query: Prepared) => {
      const { rows } = await hot.query<Row>(query)
      return rows[0] && toKnownKey(rows[0])
    }
    this.#byHash = cache.add({
      load: (name) =>
        load({
          name: 'key-by-hash',
          text: `${select} WHERE k.hash = $1 AND k.deleted_at IS NULL`,
          values: [Buffer.from(name, 'base64')],
        }),
      changed: (since) => changedKeys(sql`encode(hash, 'base64')`, since),
    })
    this.#byId = cache.add({
      load: (name) =>
        load({
          name: 'key-by-id',
          text: `${select} WHERE k.account_id = $1 AND k.id = $2 AND k.deleted_at IS NULL`,
          values: name.split(' '),
        }),
      changed: (since) => changedKeys(sql`account_id || ' ' || id`, since),
    })
  }

  /** The key, or undefined when it is unknown, deleted or expired: at once from memory, else from the database. */
  find(key: string): KnownKey | undefined | Promise<KnownKey | undefined> {
    const name = hash('sha256', key, 'base64')
    const known = this.#byHash.known(name)
    if (known) return unlessExpired(known)
    if (!isWellFormedKey(key)) return undefined
    return this.#byHash.load(name).then(unlessExpired)
  }

  /** The key that a token was issued to. */
  async findById(accountId: string, id: string): Promise<KnownKey | undefined> {
    const name = `${accountId} ${id}`
    return unlessExpired(this.#byId.known(name) ?? (await this.#byId.load(name)))
  }
}

/** Each condition has its own index. */
const changedKeys = (name: Sql, since: Sql) => sql`
  SELECT ${name} FROM api_key WHERE deleted_at > ${since}
  UNION ALL SELECT ${name} FROM api_key WHERE regrouped_at > ${since}`

const select = `
  SELECT k.account_id, k.id, a.is_operator, k.scopes, groups_of(k.account_id, k.id, k.is_restricted) AS groups, k.expires_at, k.allowed_ips, k.rate_limit
  FROM api_key AS k JOIN account AS a ON a.id = k.account_id`

const toKnownKey = (row: Row): KnownKey => ({
  actor: {
    kind: 'key',
    accountId: row.account_id,
    id: row.id,
    isOperator: row.is_operator,
    scopes: expand(row.scopes.map(parseScope).filter((scope) => scope !== undefined)),
    groups: row.groups ?? undefined,
  },
  expiresAt: row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY,
  allowedIps: row.allowed_ips ? addressSet(row.allowed_ips) : undefined,
  rate: row.rate_limit ?? undefined,
})

const unlessExpired = (key: KnownKey | undefined) => (key && key.expiresAt > Date.now() ? key : undefined)
