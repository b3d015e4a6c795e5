import { hash } from 'node:crypto'
import { expand, parentOf, parseScope, type Scope, scopes } from '@mason/contract/scopes'
import type { JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import type { KeyCache, KnownKey } from '../apikey/key-cache.ts'
import type { RecognizedUser } from '../auth/sign-in.ts'
import type { KnownUser, SignedInUsers } from '../auth/signed-in-users.ts'
import { maxTokenSeconds, type SigningKeys } from './signing-keys.ts'

/** Who a token was issued to, as they are now. */
export type Holder = { key: KnownKey; scopes: ReadonlySet<Scope> } | { user: KnownUser }

/** What a token says that was signed here. */
type Claims =
  | { kind: 'key'; accountId: string; id: string; scopes: ReadonlySet<Scope>; expiresAt: number }
  | { kind: 'user'; accountId: string; id: string; generation: number; expiresAt: number }

const accessTokenSeconds = 3600

/**
 * Signed tokens. What one says is only whom it was issued to: whether that key or user still is, and what it may do, is
 * asked of the same memory as for keys and sessions, so tokens end as fast as these do.
 */
export class Tokens {
  readonly #signing: SigningKeys
  readonly #keys: KeyCache
  readonly #users: SignedInUsers
  readonly #publicUrl: () => string
  /** By hash: checking a signature costs more than all the rest of a small request. */
  readonly #verified = new LRUCache<string, Claims>({ max: 20_000 })

  constructor(signing: SigningKeys, keys: KeyCache, users: SignedInUsers, publicUrl: () => string) {
    this.#signing = signing
    this.#keys = keys
    this.#users = users
    this.#publicUrl = publicUrl
  }

  /** An access token for a key, with these of its scopes. */
  async issueForKey(key: KnownKey, granted: readonly Scope[]) {
    const left = Math.floor((key.expiresAt - Date.now()) / 1000)
    const expiresIn = Math.max(1, Math.min(accessTokenSeconds, left))
    const { id, accountId } = key.actor
    const scope = granted.join(' ')
    const url = this.#publicUrl()
    const claims = { iss: url, aud: url, sub: id, client_id: id, account: accountId, scope, kind: 'key' }
    const access_token = await this.#signing.sign({ ...claims, jti: crypto.randomUUID() }, 'at+jwt', expiresIn)
    return { access_token, token_type: 'Bearer', expires_in: expiresIn, scope }
  }

  /** An id token and an access token for a user who has just given the password. */
  async issueForUser({ accountId, id, email, tokenGeneration }: RecognizedUser, clientId: string) {
    const url = this.#publicUrl()
    const claims = { iss: url, sub: id, account: accountId, generation: tokenGeneration, kind: 'user' }
    const [id_token, access_token] = await Promise.all([
      this.#signing.sign({ ...claims, aud: clientId, email }, 'JWT', maxTokenSeconds),
      this.#signing.sign(
        { ...claims, aud: url, client_id: clientId, jti: crypto.randomUUID() },
        'at+jwt',
        maxTokenSeconds,
      ),
    ])
    return { id_token, access_token, token_type: 'Bearer', expires_in: maxTokenSeconds }
  }

  /** Whose token this is; undefined when it is not from here, has expired, or its holder has ended. */
  async find(token: string): Promise<Holder | undefined> {
    const claims = await this.#claimsOf(token)
    if (!claims || claims.expiresAt <= Date.now()) return undefined
    if (claims.kind === 'key') {
      const key = await this.#keys.findById(claims.accountId, claims.id)
      return key && { key, scopes: claims.scopes }
    }
    const user = await this.#users.findUser(claims.accountId, claims.id)
    return user?.generation === claims.generation ? { user } : undefined
  }

  async #claimsOf(token: string): Promise<Claims | undefined> {
    const name = hash('sha256', token, 'base64')
    const known = this.#verified.get(name)
    if (known) return known
    const payload = await this.#signing.verify(token)
    const claims = payload && readClaims(payload)
    if (claims) this.#verified.set(name, claims)
    return claims
  }
}

function readClaims({ sub, account, kind, scope, generation, exp }: JWTPayload): Claims | undefined {
  if (sub === undefined || exp === undefined || typeof account !== 'string') return undefined
  const holder = { accountId: account, id: sub, expiresAt: exp * 1000 }
  if (kind === 'user') return typeof generation === 'number' ? { kind, ...holder, generation } : undefined
  if (kind !== 'key' || typeof scope !== 'string') return undefined
  const words = scope.split(' ').map(parseScope)
  return { kind, ...holder, scopes: expand(words.filter((word) => word !== undefined)) }
}

/** The fewest scopes that grant the same. */
export const rootsOf = (held: ReadonlySet<Scope>): Scope[] =>
  scopes.filter((scope) => {
    const parent = parentOf(scope)
    return held.has(scope) && !(parent && held.has(parent))
  })
