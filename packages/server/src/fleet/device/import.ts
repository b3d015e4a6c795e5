import { readImeiStart } from '@mason/contract/identifiers'
import type { DeviceLine } from '@mason/contract/job'
import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import { tells } from '../../core/audit/draft.ts'
import { addJob, enqueueJob, type Item, type JobKey, type Outcome, readJob, type Work } from '../../core/bulk/job.ts'
import { addFailures, addItems } from '../../core/bulk/settle.ts'
import { cancelJob } from '../../core/bulk/task.ts'
import type { Db } from '../../core/db/database.ts'
import { preferIndexes } from '../../core/db/prefer-indexes.ts'
import { AppError } from '../../core/errors.ts'
import type { RowBody } from '../../core/http/rows/body.ts'
import { openRows, type Row } from '../../core/http/rows/read.ts'
import type { Task } from '../../core/jobs/queue.ts'
import { type Reach, withinTable } from '../../core/reach.ts'
import { inTurns } from '../../core/turns.ts'
import { outcomeOf } from './bulk.ts'
import { changeDevices, type Reset } from './change.ts'
import { type Cells, cellsOfJson, cellsOfRow, columns, lineOf } from './import-line.ts'
import { behindImei } from './look-up.ts'

/** More than a fleet has. */
const maxLines = 1_000_000
/** A body that has not come to its end after so long was cut off by a crash. */
const longestMs = 86_400_000

/** Keeps the lines of a body as they arrive; a job then changes their devices, or says what it would change. */
export async function importDevices(
  db: Db,
  task: Task<JobKey>,
  actor: Actor,
  body: RowBody,
  isDryRun: boolean,
): Promise<string> {
  const { batches, ignored } = await openRows(body, columns)
  const job = { kind: 'device.import', isDryRun, isReceived: false, ignored } as const
  const key = await db.transaction(async (tx) => {
    const added = await addJob(tx, actor, job)
    await enqueueJob(tx, task, added, new Date(Date.now() + longestMs))
    tells(tx, { after: await readJob(tx, added) })
    return added
  })
  try {
    let lines = 0
    for await (const rows of batches) {
      lines += rows.length
      if (lines > maxLines)
        throw new AppError('invalid_request_error', `An import takes at most ${maxLines} lines: send the file in parts`)
      await keep(db, key, await readRows(rows, body.form === 'csv' ? cellsOfRow : cellsOfJson))
    }
    return await db.transaction(async (tx) => {
      await tx.query(sql`
        UPDATE job SET is_received = true, is_total_known = true WHERE account_id = ${key.accountId} AND id = ${key.id}`)
      await enqueueJob(tx, task, key)
      return readJob(tx, key)
    })
  } catch (error) {
    await cancelJob(db, key)
    throw error
  }
}

interface Lines {
  items: Item[]
  failures: (Item & { reason: string })[]
}

/** Read in one turn of the event loop, some 5 ms. */
const rowsInTurn = 200

async function readRows(rows: Row[], read: (value: unknown) => Cells): Promise<Lines> {
  const lines: Lines = { items: [], failures: [] }
  for await (const part of inTurns(rows, rowsInTurn)) for (const row of part) readRow(row, read, lines)
  return lines
}

function readRow({ line, value, fault }: Row, read: (value: unknown) => Cells, { items, failures }: Lines): void {
  if (fault !== undefined) {
    failures.push({ line, subject: null, reason: fault })
    return
  }
  let input: Cells | undefined
  try {
    input = read(value)
    lineOf(input)
    items.push({ line, subject: null, input })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    failures.push({ line, subject: null, ...(input && { input }), reason: error.message })
  }
}

async function keep(db: Db, key: JobKey, { items, failures }: Lines): Promise<void> {
  await db.transaction(async (tx) => {
    await addItems(tx, key, items)
    await addFailures(tx, key, failures)
    const { rowCount } = await tx.query(sql`
      UPDATE job SET total = total + ${items.length + failures.length}, failed = failed + ${failures.length}
      WHERE account_id = ${key.accountId} AND id = ${key.id} AND finished_at IS NULL`)
    if (rowCount === 0) throw new AppError('conflict_error', 'The import was canceled')
  })
}

/** How the devices that lines name are changed. */
export const importWork = (reset: Reset): Work<never, never> => ({
  kind: 'device.import',
  change: async (tx, { id: job, author }, items) => {
    const lines = items.map(({ input }) => lineOf(input as Cells))
    const found = await findDevices(tx, author, lines)
    const changes = new Map<string, Omit<DeviceLine, 'id' | 'serialnumber' | 'imei'>>()
    const places = new Map<number, string>()
    for (const [index, { id: _, serialnumber: __, imei: ___, ...change }] of lines.entries()) {
      const [device] = found[index] ?? []
      // Of two lines for one device, the second has its turn after the first.
      if (device === undefined || found[index]?.length !== 1 || changes.has(device)) continue
      changes.set(device, change)
      places.set(index, device)
    }
    const changed = await changeDevices(tx, author, changes, { reset, job, skipLocked: true })
    return lines.map((line, index): Outcome => {
      const device = places.get(index)
      if (device !== undefined) return outcomeOf(changed, device)
      return found[index]?.length === 1 ? 'later' : { reason: notFoundBy(line, found[index] ?? []) }
    })
  },
})

function notFoundBy({ id, serialnumber, imei }: DeviceLine, { length }: readonly string[]): string {
  const [[name, value] = []] = Object.entries({ id, serialnumber, imei }).filter(([, one]) => one !== undefined)
  return length === 0 ? `There is no device with the ${name} ${value}` : `Several devices have the ${name} ${value}`
}

/** The devices that each line may mean, at most two: by its id, else its serial number, else its IMEI. */
async function findDevices(tx: Db, reach: Reach, lines: readonly DeviceLine[]): Promise<string[][]> {
  const ids = lines.map(({ id }) => id ?? null)
  const serials = lines.map(({ id, serialnumber }) => (id === undefined ? (serialnumber ?? null) : null))
  const imeis = lines.map(({ id, serialnumber, imei }) =>
    id === undefined && serialnumber === undefined && imei !== undefined ? readImeiStart(imei) : undefined,
  )
  const device = sql`
    SELECT d.id FROM device AS d WHERE d.account_id = ${reach.accountId} ${withinTable(reach, 'device', 'd')}`
  await preferIndexes(tx)
  const { rows } = await tx.query<{ ids: string[] }>(sql`
    SELECT ARRAY(
      ${device} AND d.id = t.id
      UNION ALL ${device} AND d.serialnumber = t.serialnumber
      UNION ALL (${device} AND d.imei ~>=~ t.imei AND d.imei ~<~ t.behind_imei LIMIT 2)) AS ids
    FROM unnest(${ids}::uuid[], ${serials}::text[], ${imeis.map((start) => start ?? null)}::text[],
                ${imeis.map(behindImei)}::text[]) WITH ORDINALITY AS t (id, serialnumber, imei, behind_imei, place)
    ORDER BY t.place`)
  return rows.map((row) => row.ids)
}
