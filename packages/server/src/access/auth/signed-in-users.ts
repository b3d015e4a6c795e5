import { hash } from 'node:crypto'
import { expand, parseScope } from '@mason/contract/scopes'
import sql from 'sql-template-tag'
import type { OwnSession, UserActor } from '../../core/actor.ts'
import type { HotReads } from '../../core/db/hot.ts'
import type { LiveCache, Lookup } from '../credential/live-cache.ts'
import { idleMs } from './session.ts'

/** A user as the request path needs it. */
export interface KnownUser {
  actor: UserActor
  /** Tokens of another generation are dead. */
  generation: number
}

/** Somebody's session. */
export interface SignedIn {
  session: OwnSession
  user: KnownUser
}

interface Row {
  is_operator: boolean
  scopes: string[]
  groups: string[] | null
  token_generation: number
}

interface KnownSession extends OwnSession {
  expiresAt: number
  usedAt: number
}

/** Answers from memory who a session or a token belongs to; one that ended stops within a second. */
export class SignedInUsers {
  readonly #users: Lookup<KnownUser>
  readonly #sessions: Lookup<KnownSession>

  constructor(cache: LiveCache, hot: HotReads) {
    this.#users = cache.add({
      load: async (name) => {
        const [accountId, id] = name.split(' ')
        const { rows } = await hot.query<Row>({
          name: 'user-by-id',
          text: `SELECT a.is_operator, u.scopes, u.token_generation, groups_of(u.account_id, u.id, u.is_restricted) AS groups
                 FROM app_user AS u JOIN account AS a ON a.id = u.account_id
                 WHERE u.account_id = $1 AND u.id = $2 AND u.deleted_at IS NULL AND u.disabled_at IS NULL`,
          values: [accountId, id],
        })
        const [row] = rows
        if (!row || accountId === undefined || id === undefined) return undefined
        const scopes = expand(row.scopes.map(parseScope).filter((scope) => scope !== undefined))
        const actor: UserActor = {
          kind: 'user',
          accountId,
          id,
          isOperator: row.is_operator,
          scopes,
          groups: row.groups ?? undefined,
        }
        return { actor, generation: row.token_generation }
      },
      changed: (since) => sql`
        SELECT account_id || ' ' || id FROM app_user WHERE changed_at > ${since}`,
    })
    this.#sessions = cache.add({
      load: async (name) => {
        const { rows } = await hot.query<KnownSession>({
          name: 'session-by-hash',
          text: `SELECT account_id AS "accountId", id, user_id AS "userId", state,
                   extract(epoch FROM expires_at)::float8 * 1000 AS "expiresAt",
                   extract(epoch FROM last_used_at)::float8 * 1000 AS "usedAt"
                 FROM user_session WHERE token_hash = $1 AND ended_at IS NULL`,
          values: [Buffer.from(name, 'base64')],
        })
        return rows[0]
      },
      changed: (since) => sql`
        SELECT encode(token_hash, 'base64') FROM user_session WHERE ended_at > ${since}`,
    })
  }

  /** The user, or undefined when it is removed or disabled. */
  async findUser(accountId: string, id: string): Promise<KnownUser | undefined> {
    const name = `${accountId} ${id}`
    return this.#users.known(name) ?? this.#users.load(name)
  }

  /** Whose session this is, or undefined when it is unknown or has ended; noted as used in memory. */
  async findSession(token: string): Promise<SignedIn | undefined> {
    const name = hash('sha256', token, 'base64')
    // It may have been used on another node since it was read here.
    const known = this.#sessions.known(name)
    const session = known && isLive(known) ? known : await this.#sessions.load(name)
    if (!session || !isLive(session)) return undefined
    const user = await this.findUser(session.accountId, session.userId)
    if (!user) return undefined
    session.usedAt = Date.now()
    return { session, user }
  }
}

const isLive = ({ expiresAt, usedAt }: KnownSession) => expiresAt > Date.now() && usedAt + idleMs > Date.now()
