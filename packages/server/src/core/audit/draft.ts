import type { Actor } from '../actor.ts'
import type { Db } from '../db/database.ts'

/** What is known of an entry before it is written. */
export interface Draft {
  accountId: string
  actor: Pick<Actor, 'kind' | 'id'>
  /** What is done: the operationId of the route, or a name of the same form. */
  action: string
  subject: { kind: string; id?: string | undefined }
  address?: string | undefined
  userAgent?: string | undefined
  requestId?: string | undefined
  refusal?: string | undefined
}

/** What something was and what it is, as documents or the results of a change; each may be missing. */
export interface Change {
  before?: unknown
  after?: unknown
}

/** The entry of a request that is under way. */
export interface Pending {
  /** Who does it: unknown while somebody signs in. */
  actor: Actor | undefined
  /** What it was before. */
  before: string | undefined
  /** What is told in place of what it was and is. */
  told: Change | undefined
  isWritten: boolean
}

/** The entries that transactions are to leave. */
const pending = new WeakMap<Db, Pending>()

export const attach = (tx: Db, entry: Pending): unknown => pending.set(tx, entry)

/** Tells the audit trail what something was before the change that this transaction makes. */
export function wasBefore(tx: Db, document: string): void {
  const entry = pending.get(tx)
  if (entry) entry.before ??= document
}

/** Tells the audit trail who it is that signs in, or acts by a link. */
export function actsAs(tx: Db, actor: { accountId: string; id: string }): void {
  const entry = pending.get(tx)
  if (entry) entry.actor = { kind: 'user', ...actor, isOperator: false, scopes: new Set(), groups: undefined }
}

/** Tells the audit trail this of a change, and nothing of what it was before. */
export function tells(tx: Db, change: Change): void {
  const entry = pending.get(tx)
  if (entry) entry.told = change
}
