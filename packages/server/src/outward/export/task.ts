import type { NewExport } from '@mason/contract/export'
import sql from 'sql-template-tag'
import type { Database } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import type { Task } from '../../core/jobs/queue.ts'
import { keep } from '../../core/storage/keep.ts'
import type { Storage } from '../../core/storage/storage.ts'
import type { Filters, Kind } from './kind.ts'
import { sources } from './kinds.ts'
import type { ExportJob } from './service.ts'
import { writeItems } from './write.ts'

/** An export that fails or crashes the server so often is given up. */
const maxAttempts = 5
const progressMs = 1_000

/** Writes exports; one that a crash cut off is begun again. */
export function exportTask(storage: Storage): Task<ExportJob> {
  return {
    name: 'export',
    run: async (database, job, signal) => {
      const begun = await begin(database, job)
      if (!begun) return
      if (begun.attempts > maxAttempts)
        return giveUp(database, job, 'The server stopped each time this export was running')
      try {
        await write(database, storage, job, begun, signal)
      } catch (error) {
        await giveUpOrThrow(database, job, begun.attempts, error)
      }
    },
  }
}

interface Begun {
  kind: Kind
  format: NewExport['format']
  filters: Filters
  groups: string[] | null
  attempts: number
}

/** @returns nothing for an export that is finished or gone. */
async function begin(database: Database, { accountId, id }: ExportJob): Promise<Begun | undefined> {
  const { rows } = await database.query<Begun>(sql`
    UPDATE export SET state = 'running', attempts = attempts + 1, rows = 0, progress = 0
    WHERE account_id = ${accountId} AND id = ${id} AND finished_at IS NULL
    RETURNING kind, format, filters, groups, attempts`)
  return rows[0]
}

async function write(
  database: Database,
  storage: Storage,
  { accountId, id }: ExportJob,
  { kind, format, filters, groups }: Begun,
  signal: AbortSignal,
): Promise<void> {
  let [written, shownAt] = [0, performance.now()]
  const show = async (rows: number, total: number) => {
    signal.throwIfAborted()
    written = rows
    if (performance.now() < shownAt + progressMs) return
    shownAt = performance.now()
    await database.query(sql`
      UPDATE export SET rows = ${rows}, progress = round(${rows}::numeric / greatest(${total}, 1), 4)
      WHERE account_id = ${accountId} AND id = ${id} AND finished_at IS NULL`)
  }
  const source = sources[kind]({ accountId, groups: groups ?? undefined }, filters)
  const received = await database.transaction((tx) =>
    storage.inbox.receive(writeItems(tx, source, format, show), {
      maxBytes: Number.MAX_SAFE_INTEGER,
    }),
  )
  const { sha256 } = await keep(database, storage, received)
  await database.query(sql`
    UPDATE export SET state = 'succeeded', rows = ${written}, progress = 1, sha256 = ${sha256}, finished_at = now()
    WHERE account_id = ${accountId} AND id = ${id} AND finished_at IS NULL`)
}

/** Gives up what is refused, and the last attempt. @throws the error unless the export was refused: the queue counts it. */
async function giveUpOrThrow(database: Database, job: ExportJob, attempts: number, error: unknown): Promise<void> {
  const isRefused = error instanceof AppError && error.status < 500
  if (isRefused || attempts === maxAttempts)
    await giveUp(database, job, error instanceof AppError ? error.message : 'Something went wrong on our side')
  if (!isRefused) throw error
}

async function giveUp(database: Database, { accountId, id }: ExportJob, reason: string): Promise<void> {
  await database.query(sql`
    UPDATE export SET state = 'failed', reason = ${reason}, finished_at = now()
    WHERE account_id = ${accountId} AND id = ${id} AND finished_at IS NULL`)
}
