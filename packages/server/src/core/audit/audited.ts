import type { Db } from '../db/database.ts'
import { attach, type Draft, type Pending } from './draft.ts'
import { writeEntry } from './write.ts'

interface Described {
  /** Who acts, where that is known before. */
  actor: Pending['actor']
  describe(actor: NonNullable<Pending['actor']>): Draft
  /** Whether what the change answers is what is no more. */
  isRemoval: boolean
}

/**
 * A database whose first transaction that stands for the change writes its entry at its end. Work in portions leaves one, with the
 * first of them.
 */
export function audited(db: Db, { actor, describe, isRemoval }: Described): { db: Db; pending: Pending } {
  const pending: Pending = { actor, before: undefined, told: undefined, isWritten: false }
  const write = async (tx: Db, result: unknown) => {
    if (!pending.actor) return
    const { before = isRemoval ? result : undefined } = pending
    const seen = { before, after: before === result ? undefined : result }
    await writeEntry(tx, describe(pending.actor), pending.told ?? seen)
  }
  const wrapped: Db = {
    query: (query) => db.query(query),
    copy: (statement, rows) => db.copy(statement, rows),
    afterCommit: (effect) => db.afterCommit(effect),
    transaction: async (work, limits) => {
      if (pending.isWritten) return db.transaction(work, limits)
      const result = await db.transaction(async (tx) => {
        Object.assign(pending, { actor, before: undefined, told: undefined })
        attach(tx, pending)
        const done = await work(tx)
        await write(tx, done)
        return done
      }, limits)
      pending.isWritten = pending.actor !== undefined
      return result
    },
  }
  return { db: wrapped, pending }
}
