import type { JsonWebKeySet } from '@mason/contract/oauth'
import { dayMs, hourMs } from '@mason/contract/time'
import {
  type CryptoKey,
  calculateJwkThumbprint,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { locks } from '../../core/db/locks.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import type { Sealer } from '../../core/sealer.ts'

const algorithm = 'ES256'

/** A key signs for this long. */
const signDays = 30
/** The longest that a token lives, and so how long a key that signs no more is still shown. */
export const maxTokenSeconds = 30 * 86_400
/** A new key is shown this long before it signs, for those who keep the key set. */
const leadMs = hourMs
/** How long a node goes by the keys that it has read. */
const rereadMs = 60_000
/** How soon it looks again for a key that it does not know. */
const lookAgainMs = 1_000

type PublicKey = JsonWebKeySet['keys'][number]

interface SigningKey {
  id: string
  public: PublicKey
  verify: CryptoKey
  sign: CryptoKey
  createdAt: number
}

/** The keys that tokens are signed with: shared by all nodes, the private parts sealed. */
export class SigningKeys {
  readonly #db: Db
  readonly #sealer: Sealer
  #keys: readonly SigningKey[] = []
  #readAt = Number.NEGATIVE_INFINITY

  constructor(db: Db, sealer: Sealer) {
    this.#db = db
    this.#sealer = sealer
  }

  /** A token with these claims; `type` is its media type (RFC 9068: `at+jwt` for access tokens). */
  async sign(claims: JWTPayload, type: string, expiresInSeconds: number): Promise<string> {
    const keys = await this.#read(rereadMs)
    const published = keys.filter(({ createdAt }) => createdAt + leadMs < Date.now())
    const key = published.at(-1) ?? keys[0]
    if (!key) throw new Error('There is no signing key')
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, kid: key.id, typ: type })
      .setIssuedAt(now)
      .setExpirationTime(now + expiresInSeconds)
      .sign(key.sign)
  }

  /** The claims of a token that was signed here and has not expired. */
  async verify(token: string): Promise<JWTPayload | undefined> {
    const findKey = async ({ kid }: { kid?: string }) => {
      const isKnown = ({ id }: SigningKey) => id === kid
      const key = (await this.#read(rereadMs)).find(isKnown) ?? (await this.#read(lookAgainMs)).find(isKnown)
      if (!key) throw new UnknownKey()
      return key.verify
    }
    try {
      return (await jwtVerify(token, findKey, { algorithms: [algorithm] })).payload
    } catch (error) {
      // That the keys cannot be read says nothing of the token.
      if (error instanceof errors.JOSEError || error instanceof UnknownKey) return undefined
      throw error
    }
  }

  /** The public parts, as RFC 7517 has them. */
  async publicKeys(): Promise<JsonWebKeySet> {
    return { keys: (await this.#read(rereadMs)).map((key) => key.public) }
  }

  /** The keys, the oldest first, read no longer ago than this. */
  async #read(maxAgeMs: number): Promise<readonly SigningKey[]> {
    if (performance.now() - this.#readAt < maxAgeMs) return this.#keys
    const startedAt = performance.now()
    const rows = await readKeys(this.#db)
    if (rows.length === 0) {
      await rotateSigningKeys(this.#sealer).run(this.#db)
      return this.#read(0)
    }
    this.#keys = await Promise.all(
      rows.map(async ({ id, public_key, private_key, created_at }) => ({
        id,
        public: public_key,
        verify: (await importJWK(public_key, algorithm)) as CryptoKey,
        sign: (await importJWK(JSON.parse(this.#sealer.open(private_key)) as JWK, algorithm)) as CryptoKey,
        createdAt: created_at.getTime(),
      })),
    )
    this.#readAt = startedAt
    return this.#keys
  }
}

class UnknownKey extends Error {}

interface Row {
  id: string
  public_key: PublicKey
  private_key: Buffer
  created_at: Date
}

async function readKeys(db: Db): Promise<Row[]> {
  const { rows } = await db.query<Row>(
    sql`SELECT id, public_key, private_key, created_at FROM signing_key ORDER BY created_at, id`,
  )
  return rows
}

/** Makes a new key when the newest has signed for long enough, and forgets those whose tokens have all expired. */
export const rotateSigningKeys = (sealer: Sealer): PeriodicJob => ({
  name: 'rotate-signing-keys',
  everyMs: leadMs,
  run: (db) =>
    db.transaction(async (tx) => {
      await tx.query(sql`SELECT pg_advisory_xact_lock(${locks.signingKey})`)
      const keys = await readKeys(tx)
      const newest = keys.at(-1)?.created_at.getTime() ?? Number.NEGATIVE_INFINITY
      if (newest + signDays * dayMs < Date.now()) await insertKey(tx, sealer)
      const goneAfterMs = signDays * dayMs + maxTokenSeconds * 1000 + dayMs
      await tx.query(
        sql`DELETE FROM signing_key WHERE created_at < now() - make_interval(secs => ${goneAfterMs / 1000})`,
      )
      return false
    }),
})

async function insertKey(tx: Db, sealer: Sealer): Promise<void> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  await tx.query(sql`
    INSERT INTO signing_key (id, public_key, private_key)
    VALUES (${kid}, ${JSON.stringify({ ...jwk, kid, alg: algorithm, use: 'sig' })},
            ${sealer.seal(JSON.stringify(await exportJWK(privateKey)))})`)
}
