import { markerKeyForm, maxRejected, NewSim, type RejectedLine, type SimImport } from '@mason/contract/sim'
import type { FastifyRequest } from 'fastify'
import type { Actor } from '../actor.ts'
import type { Db } from '../db/database.ts'
import { AppError } from '../errors.ts'
import { type Row, readRows, rowFormat } from '../http/stream-body.ts'
import { bodyReader } from '../http/validation.ts'
import { insert, normalized, registeredAlready } from './register.ts'

const readSim = bodyReader(NewSim)
const members = Object.keys(NewSim.properties).filter((name) => name !== 'markers')
const markerPrefix = 'marker.'

const columns = {
  isKnown: (name: string) =>
    members.includes(name) || (name.startsWith(markerPrefix) && markerKeyForm.test(name.slice(markerPrefix.length))),
  required: ['iccid'],
}

/**
 * Registers the SIMs of a body as it arrives. Each batch is committed by itself: what was cut off is sent again whole, and
 * what was there before is rejected as such.
 */
export async function importSims(db: Db, actor: Actor, request: FastifyRequest): Promise<string> {
  const format = rowFormat(request) ?? 'ndjson'
  const toSim = (value: unknown) => readSim(format === 'csv' ? withMarkers(value as Record<string, string>) : value)
  const rejected: RejectedLine[] = []
  let [created, rejectedTotal] = [0, 0]
  for await (const rows of readRows(request, format, columns)) {
    const outcome = await insertRows(db, actor, rows, toSim)
    created += outcome.created
    rejectedTotal += outcome.rejected.length
    rejected.push(...outcome.rejected.slice(0, maxRejected - rejected.length))
  }
  const isCut = rejectedTotal > rejected.length
  return JSON.stringify({ created, rejected, ...(isCut && { rejectedTotal }) } satisfies SimImport)
}

async function insertRows(
  db: Db,
  actor: Actor,
  rows: Row[],
  toSim: (value: unknown) => NewSim,
): Promise<{ created: number; rejected: RejectedLine[] }> {
  const sims: { line: number; sim: NewSim }[] = []
  const rejected: RejectedLine[] = []
  for (const { line, value, fault } of rows) {
    if (fault !== undefined) rejected.push({ line, reason: fault })
    else {
      try {
        sims.push({ line, sim: normalized(toSim(value)) })
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        rejected.push({ line, reason: error.message })
      }
    }
  }
  if (sims.length === 0) return { created: 0, rejected }
  const created = await db.transaction((tx) =>
    insert(
      tx,
      actor,
      sims.map(({ sim }) => sim),
    ),
  )
  const left = new Set(created)
  for (const { line, sim } of sims) if (!left.delete(sim.iccid)) rejected.push({ line, reason: registeredAlready })
  return { created: created.size, rejected: rejected.sort((one, other) => one.line - other.line) }
}

/** The cells of marker columns as the markers that a registration has. */
function withMarkers(cells: Record<string, string>): unknown {
  const markers: { key: string; value: string }[] = []
  const sim: Record<string, unknown> = { markers }
  for (const [name, cell] of Object.entries(cells)) {
    if (name.startsWith(markerPrefix)) markers.push({ key: name.slice(markerPrefix.length), value: cell })
    else sim[name] = cell
  }
  return sim
}
