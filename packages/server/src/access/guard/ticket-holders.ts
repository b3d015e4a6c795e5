import type { Principal } from '../../core/actor.ts'
import type { HotReads } from '../../core/db/hot.ts'
import { hashSecret } from '../../core/key.ts'
import type { KeyCache, KnownKey } from '../apikey/key-cache.ts'
import type { KnownUser, SignedInUsers } from '../auth/signed-in-users.ts'

type Holder = { key: KnownKey } | { user: KnownUser }

/** Who tickets for X-Ray sessions were made for, as long as they may still open one. */
export class TicketHolders {
  readonly #hot: HotReads
  readonly #keys: KeyCache
  readonly #users: SignedInUsers

  constructor(hot: HotReads, keys: KeyCache, users: SignedInUsers) {
    this.#hot = hot
    this.#keys = keys
    this.#users = users
  }

  /** @returns undefined where the ticket is unknown or too old, or its holder may do nothing any more. */
  async find(ticket: string): Promise<Holder | undefined> {
    const { rows } = await this.#hot.query<{ accountId: string; kind: string; id: string }>({
      name: 'xray-ticket',
      text: `SELECT account_id AS "accountId", actor ->> 'kind' AS kind, actor ->> 'id' AS id
             FROM xray_ticket WHERE hash = $1 AND expires_at > now()`,
      values: [hashSecret(ticket)],
    })
    return rows[0] && this.#holder(rows[0])
  }

  /** Whoever this was, with the scopes of now; undefined once it may do nothing any more. */
  async again({ accountId, kind, id }: Principal): Promise<Principal | undefined> {
    const holder = await this.#holder({ accountId, kind, id })
    return holder && ('user' in holder ? holder.user.actor : holder.key.actor)
  }

  async #holder({ accountId, kind, id }: { accountId: string; kind: string; id: string }): Promise<Holder | undefined> {
    if (kind === 'user') {
      const user = await this.#users.findUser(accountId, id)
      return user && { user }
    }
    const key = await this.#keys.findById(accountId, id)
    return key && { key }
  }
}
