import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { idempotencyLock } from '../db/locks.ts'
import { AppError, type Fault } from '../errors.ts'
import type { Sealer } from '../sealer.ts'
import { toAppError } from './errors.ts'
import { urlOf } from './request.ts'

/** A stored answer: the text of a success, or what a refusal said. */
type Outcome = { body: string } | { refusal: Refusal }

interface Refusal {
  type: AppError['type']
  message: string
  faults: Fault[]
  status?: number | undefined
}

const keyForm = /^[!-~]{1,255}$/

/** The Idempotency-Key of a request, if it sent one. */
export function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && keyForm.test(key)) return key
  throw new AppError('invalid_request_error', 'Idempotency-Key must be 1 to 255 visible ASCII characters')
}

/**
 * Runs the work at most once for a key: its effect and the kept answer are one transaction, so a crash leaves both or
 * neither. A refusal is kept too, its effects undone.
 *
 * @returns the answer, and whether it is an earlier one.
 */
export async function once(
  db: Db,
  sealer: Sealer,
  request: FastifyRequest,
  key: string,
  work: (tx: Db) => Promise<string>,
): Promise<{ body: string; isReplay: boolean }> {
  const { accountId } = request.actor
  const url = urlOf(request)
  const path = url.split('?', 1)[0] ?? ''
  // Whoever asks is part of the request: an answer may hold what another key may not see.
  const bodyHash = createHash('sha256')
    .update(request.actor.id)
    .update(url)
    .update('\0')
    .update(request.rawBody ?? '')
    .digest()
  const { outcome, isReplay } = await db.transaction(async (tx) => {
    const lock = await tx.query<{ free: boolean }>(
      sql`SELECT pg_try_advisory_xact_lock(${idempotencyLock(accountId, key)}) AS free`,
    )
    if (!lock.rows[0]?.free)
      throw new AppError('idempotency_error', 'A request with this Idempotency-Key is in flight', { retryAfter: 1 })
    const { rows } = await tx.query<{
      method: string
      path: string
      body_hash: Buffer
      answer: Buffer
      is_old: boolean
    }>(sql`
      SELECT method, path, body_hash, answer, created_at < now() - interval '24 hours' AS is_old
      FROM idempotency WHERE account_id = ${accountId} AND key = ${key}`)
    const [earlier] = rows
    if (earlier && !earlier.is_old) {
      if (earlier.method !== request.method || earlier.path !== path || !earlier.body_hash.equals(bodyHash))
        throw new AppError('idempotency_error', 'This Idempotency-Key was used before with a different request')
      return { outcome: JSON.parse(sealer.open(earlier.answer)) as Outcome, isReplay: true }
    }
    const outcome = await attempt(tx, work)
    const answer = sealer.seal(JSON.stringify(outcome))
    const status = 'body' in outcome ? 200 : refusalOf(outcome.refusal).status
    await tx.query(sql`
      INSERT INTO idempotency (account_id, key, method, path, body_hash, status, answer)
      VALUES (${accountId}, ${key}, ${request.method}, ${path}, ${bodyHash}, ${status}, ${answer})
      ON CONFLICT (account_id, key) DO UPDATE SET (method, path, body_hash, status, answer, created_at) =
        (excluded.method, excluded.path, excluded.body_hash, excluded.status, excluded.answer, now())`)
    return { outcome, isReplay: false }
  })
  if ('body' in outcome) return { body: outcome.body, isReplay }
  throw Object.assign(refusalOf(outcome.refusal), { isReplay })
}

/** A status is kept where it is not that of the type. */
const refusalOf = ({ type, message, faults, status }: Refusal) =>
  new AppError(type, message, { faults, ...(status !== undefined && { status }) })

async function attempt(tx: Db, work: (tx: Db) => Promise<string>): Promise<Outcome> {
  try {
    return { body: await tx.transaction(work) }
  } catch (error) {
    const refusal = toAppError(error as Error)
    const isKept = refusal.status < 500 && refusal.status !== 401 && refusal.status !== 403 && refusal.status !== 429
    if (!isKept) throw error
    const { type, message, details } = refusal
    return { refusal: { type, message, faults: details.faults ?? [], status: details.status } }
  }
}
