import { hasWrongCheckDigit, readEid, readIccid, readImsi, readMsisdn } from '@mason/contract/identifiers'
import type { NewSim } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid } from '../../core/errors.ts'
import { actorDocument } from '../../core/event/record.ts'
import { read } from './service.ts'

export async function register(db: Db, actor: Actor, input: NewSim): Promise<string> {
  const sim = normalized(input)
  return db.transaction(async (tx) => {
    const created = await insert(tx, actor, [sim])
    if (!created.has(sim.iccid)) throw new AppError('conflict_error', 'The SIM is registered already')
    return read(tx, actor, sim.iccid)
  })
}

/** The check digit of an ICCID is not the one that its other digits give. */
export class WrongCheckDigit extends AppError {
  readonly iccid: string

  constructor(iccid: string) {
    const message = 'has a wrong check digit; with "checkDigit":"ignore" it is taken as it is'
    super('invalid_request_error', `iccid ${message}`, { faults: [{ path: '/iccid', message }] })
    this.iccid = iccid
  }
}

/**
 * A registration with its identifiers as they are kept.
 *
 * @throws AppError for a wrong check digit and a marker that is given twice.
 */
export function normalized({ checkDigit, imsi, msisdn, eid, ...rest }: NewSim): NewSim {
  const iccid = readIccid(rest.iccid) ?? rest.iccid
  if (checkDigit !== 'ignore' && hasWrongCheckDigit(iccid)) throw new WrongCheckDigit(iccid)
  const keys = rest.markers?.map(({ key }) => key) ?? []
  const twice = keys.findIndex((key, index) => keys.indexOf(key) !== index)
  if (twice !== -1) throw invalid(`/markers/${twice}/key`, 'is given twice')
  return {
    ...rest,
    iccid,
    ...(imsi !== undefined && { imsi: readImsi(imsi) ?? imsi }),
    ...(msisdn !== undefined && { msisdn: readMsisdn(msisdn) ?? msisdn }),
    ...(eid !== undefined && { eid: readEid(eid) ?? eid }),
  }
}

/** Who registers SIMs: somebody, or the carrier that lists them. */
type Registrar = { kind: Actor['kind'] | 'carrier'; id: string; accountId: string }

/**
 * Registers SIMs in one statement each for them, their markers and their events.
 *
 * @returns the ICCIDs of those that were not there.
 */
export async function insert(tx: Db, actor: Registrar, sims: readonly NewSim[]): Promise<Set<string>> {
  const { accountId } = actor
  await requireCarriers(tx, accountId, sims)
  await tx.query(sql`SELECT pg_advisory_xact_lock(sim_lock(${accountId}))`)
  const { rows } = await tx.query<{ iccid: string }>(sql`
    INSERT INTO sim (account_id, iccid, carrier, name, imsi, msisdn, eid)
    SELECT ${accountId}, iccid, coalesce(carrier, 'manual'), name, imsi, msisdn, eid
    FROM json_to_recordset(${JSON.stringify(sims)})
      AS s (iccid text, carrier text, name text, imsi text, msisdn text, eid text)
    ON CONFLICT (account_id, iccid) DO NOTHING RETURNING iccid`)
  const created = new Set(rows.map(({ iccid }) => iccid))
  if (created.size === 0) return created
  // Of two registrations of one SIM the first went in.
  const missing = new Set(created)
  const marked = sims.flatMap(({ iccid, markers = [] }) =>
    missing.delete(iccid) ? markers.map((marker) => ({ iccid, ...marker })) : [],
  )
  if (marked.length > 0)
    await tx.query(sql`
      INSERT INTO sim_marker (account_id, iccid, key, value)
      SELECT ${accountId}, m.* FROM json_to_recordset(${JSON.stringify(marked)}) AS m (iccid text, key text, value text)`)
  await tx.query(sql`
    SELECT record_events(array_agg(
      ROW(account_id, 'sim.registered', ${actorDocument(actor)}, jsonb_build_object('kind', 'sim', 'id', iccid), device_id,
          jsonb_strip_nulls(jsonb_build_object('carrier', carrier, 'device', device_id)))::new_event ORDER BY iccid))
    FROM sim WHERE account_id = ${accountId} AND iccid = ANY (${[...created]})`)
  return created
}

export const noCarrier = (name: string) => invalid('/carrier', `is no carrier of this account: there is no ${name}`)

/** Whoever deletes one waits for those who register its SIMs. @throws AppError when one is not there. */
async function requireCarriers(tx: Db, accountId: string, sims: readonly NewSim[]): Promise<void> {
  const names = [...new Set(sims.map(({ carrier = 'manual' }) => carrier))]
  const { rows } = await tx.query<{ name: string }>(sql`
    SELECT name FROM carrier WHERE account_id = ${accountId} AND name = ANY (${names}) ORDER BY name FOR KEY SHARE`)
  const there = new Set(rows.map(({ name }) => name))
  const missing = names.find((name) => !there.has(name))
  if (missing !== undefined) throw noCarrier(missing)
}
