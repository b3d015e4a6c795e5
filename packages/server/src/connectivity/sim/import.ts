import { maxRejected, type RejectedLine } from '@mason/contract/rows'
import { markerKeyForm, NewSim, Sim, type SimImport } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import type { RowBody } from '../../core/http/rows/body.ts'
import type { Columns } from '../../core/http/rows/csv.ts'
import { openRows, type Row } from '../../core/http/rows/read.ts'
import { withoutGuard } from '../../core/http/rows/spreadsheet.ts'
import { bodyReader } from '../../core/http/validation.ts'
import { inTurns } from '../../core/turns.ts'
import { insert, noCarrier, normalized, WrongCheckDigit } from './register.ts'

const readSim = bodyReader(NewSim)
const members = Object.keys(NewSim.properties).filter((name) => name !== 'markers')
const memberOf = new Map(members.map((name) => [name.toLowerCase(), name]))
const markerPrefix = 'marker.'

const columns: Columns = {
  nameOf: (header) => {
    const lower = header.toLowerCase()
    const key = header.slice(markerPrefix.length)
    if (lower.startsWith(markerPrefix) && markerKeyForm.test(key)) return markerPrefix + key
    return memberOf.get(lower)
  },
  required: ['iccid'],
}

/** What an export of SIMs says of each beyond its registration; it is passed over. */
const otherMembers = new Set(Object.keys(Sim.properties).filter((name) => !(name in NewSim.properties)))

interface Outcome {
  created: Set<string>
  known: number
  rejected: RejectedLine[]
}

/**
 * Registers the SIMs of a body as it arrives. Each batch is committed by itself: what was cut off is sent again whole, and
 * what was there before is known.
 */
export async function importSims(db: Db, actor: Actor, body: RowBody, dryRun: boolean): Promise<string> {
  const read = await readerFor(db, actor, body.form === 'csv' ? simOfCells : simOfJson)
  const register = dryRun ? dryRegister(db, actor) : (sims: NewSim[]) => db.transaction((tx) => insert(tx, actor, sims))
  const rejected: RejectedLine[] = []
  let [created, known, rejectedTotal] = [0, 0, 0]
  const { batches, ignored } = await openRows(body, columns)
  for await (const rows of batches) {
    const outcome = await takeRows(rows, read, register, (iccids) => findKnown(db, actor, iccids))
    created += outcome.created.size
    known += outcome.known
    rejectedTotal += outcome.rejected.length
    rejected.push(...outcome.rejected.slice(0, maxRejected - rejected.length))
  }
  return JSON.stringify({
    created,
    known,
    ...(dryRun && { dryRun }),
    ...(ignored.length > 0 && { ignoredColumns: ignored }),
    rejected,
    ...(rejectedTotal > rejected.length && { rejectedTotal }),
  } satisfies SimImport)
}

/** Registers SIMs. @returns the ICCIDs of those that were not there. */
type Register = (sims: NewSim[]) => Promise<Set<string>>

type FindKnown = (iccids: string[]) => Promise<Set<string>>

async function takeRows(rows: Row[], read: ReadSim, register: Register, findKnown: FindKnown): Promise<Outcome> {
  const { sims, doubtful, rejected } = await readRows(rows, read)
  const created = sims.length === 0 ? new Set<string>() : await register(sims)
  // What was registered with a wrong check digit is known under it: an own export holds it, too.
  const there = doubtful.length === 0 ? new Set<string>() : await findKnown(doubtful.map(({ iccid }) => iccid))
  const wrong = doubtful.filter(({ iccid }) => !there.has(iccid)).map(({ line }) => line)
  return {
    created,
    known: sims.length - created.size + doubtful.length - wrong.length,
    rejected: [...rejected, ...wrong].sort((a, b) => a.line - b.line),
  }
}

/** Reads what a form has made of a row; a SIM of a carrier that is not there is refused by itself. */
async function readerFor(db: Db, { accountId }: Actor, ofForm: (value: unknown) => unknown): Promise<ReadSim> {
  const { rows } = await db.query<{ name: string }>(sql`SELECT name FROM carrier WHERE account_id = ${accountId}`)
  const carriers = new Set(rows.map(({ name }) => name))
  return (value) => {
    const sim = readSim(ofForm(value))
    if (sim.carrier !== undefined && !carriers.has(sim.carrier)) throw noCarrier(sim.carrier)
    return sim
  }
}

type ReadSim = (value: unknown) => NewSim

interface ReadRows {
  sims: NewSim[]
  /** Those with a wrong check digit. */
  doubtful: { iccid: string; line: RejectedLine }[]
  rejected: RejectedLine[]
}

/** Read in one turn of the event loop, some 5 ms. */
const rowsInTurn = 200

async function readRows(rows: Row[], read: ReadSim): Promise<ReadRows> {
  const outcome: ReadRows = { sims: [], doubtful: [], rejected: [] }
  for await (const part of inTurns(rows, rowsInTurn)) for (const row of part) readRow(row, read, outcome)
  return outcome
}

function readRow({ line, value, fault }: Row, read: ReadSim, outcome: ReadRows): void {
  if (fault !== undefined) {
    outcome.rejected.push({ line, reason: fault })
    return
  }
  try {
    outcome.sims.push(normalized(read(value)))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const refused = { line, reason: error.message }
    if (error instanceof WrongCheckDigit) outcome.doubtful.push({ iccid: error.iccid, line: refused })
    else outcome.rejected.push(refused)
  }
}

async function findKnown(db: Db, { accountId }: Actor, iccids: string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ iccid: string }>(
    sql`SELECT iccid FROM sim WHERE account_id = ${accountId} AND iccid = ANY (${iccids})`,
  )
  return new Set(rows.map(({ iccid }) => iccid))
}

/** What a dry run remembers of a file, to know repeats in it. */
const maxSims = 1_000_000

function dryRegister(db: Db, actor: Actor): Register {
  const seen = new Set<string>()
  return async (sims) => {
    const iccids = [...new Set(sims.map(({ iccid }) => iccid))].filter((iccid) => !seen.has(iccid))
    const known = await findKnown(db, actor, iccids)
    for (const iccid of iccids) seen.add(iccid)
    if (seen.size > maxSims)
      throw new AppError('invalid_request_error', `A dry run takes at most ${maxSims} SIMs: send part of the file`)
    return new Set(iccids.filter((iccid) => !known.has(iccid)))
  }
}

function simOfJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !otherMembers.has(name)))
}

/** The cells of marker columns as the markers that a registration has. */
function simOfCells(cells: unknown): unknown {
  const markers: { key: string; value: string }[] = []
  const sim: Record<string, unknown> = { markers }
  for (const [name, cell] of Object.entries(cells as Record<string, string>)) {
    if (name.startsWith(markerPrefix)) markers.push({ key: name.slice(markerPrefix.length), value: withoutGuard(cell) })
    else sim[name] = name === 'name' ? withoutGuard(cell) : cell.trim()
  }
  return sim
}
