import type { MarkerChanges } from '@mason/contract/job'
import { maxMarkers } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import type { Author } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'

interface Marker {
  value: string
  /** Whether it counts from today: it has not counted on any day that is over. */
  isOfToday: boolean
}

export interface MarkerStep {
  iccid: string
  markers: ReadonlyMap<string, Marker>
  /** What is not so already. */
  changes: readonly (readonly [key: string, value: string | null])[]
  refusal?: AppError
}

/**
 * What is to be done to the markers of SIMs, which are locked. The day is read after that: a transaction that waited over midnight
 * must not write into yesterday.
 */
export async function findSteps(
  tx: Db,
  { accountId }: Author,
  iccids: readonly string[],
  wanted: MarkerChanges,
): Promise<MarkerStep[]> {
  const { rows } = await tx.query<Marker & { iccid: string; key: string }>(sql`
    SELECT iccid, key, value, from_day >= utc_day(clock_timestamp()) AS "isOfToday" FROM sim_marker
    WHERE account_id = ${accountId} AND iccid = ANY (${iccids}) AND until_day = 'infinity'`)
  const markersOf = Map.groupBy(rows, ({ iccid }) => iccid)
  return iccids.map((iccid) => {
    const markers = new Map((markersOf.get(iccid) ?? []).map(({ key, ...marker }) => [key, marker]))
    const changes = Object.entries(wanted).filter(([key, value]) => value !== (markers.get(key)?.value ?? null))
    const added = changes.filter(([key]) => !markers.has(key)).length
    const removed = changes.filter(([, value]) => value === null).length
    const isTooMany = added > 0 && markers.size + added - removed > maxMarkers
    const refusal = isTooMany && new AppError('conflict_error', `The SIM has ${maxMarkers} markers already`)
    return { iccid, markers, changes, ...(refusal && { refusal }) }
  })
}

/** Changes the markers of SIMs from today on. */
export async function changeMarkers(tx: Db, { accountId }: Author, steps: readonly MarkerStep[]): Promise<void> {
  const changes = steps.flatMap(({ iccid, markers, changes }) =>
    changes.map(([key, value]) => ({ iccid, key, value, current: markers.get(key) })),
  )
  const over = changes.filter(({ current }) => current !== undefined)
  const begun = over.filter(({ current }) => current?.isOfToday)
  if (begun.length > 0) await tx.query(sql`DELETE FROM sim_marker AS m USING ${currentAmong(accountId, begun)}`)
  const ended = over.filter(({ current }) => !current?.isOfToday)
  if (ended.length > 0)
    await tx.query(sql`
      UPDATE sim_marker AS m SET until_day = utc_day(clock_timestamp()) FROM ${currentAmong(accountId, ended)}`)
  const set = changes.filter(({ value }) => value !== null)
  if (set.length > 0)
    await tx.query(sql`
      INSERT INTO sim_marker (account_id, iccid, key, value, from_day)
      SELECT ${accountId}, s.iccid, s.key, s.value, utc_day(clock_timestamp())
      FROM json_to_recordset(${JSON.stringify(set)}) AS s (iccid text, key text, value text)`)
}

const currentAmong = (accountId: string, keys: readonly { iccid: string; key: string }[]) => sql`
  unnest(${keys.map(({ iccid }) => iccid)}::text[], ${keys.map(({ key }) => key)}::text[]) AS k (iccid, key)
  WHERE m.account_id = ${accountId} AND m.iccid = k.iccid AND m.key = k.key AND m.until_day = 'infinity'
    AND m.iccid = ANY (${keys.map(({ iccid }) => iccid)})`
