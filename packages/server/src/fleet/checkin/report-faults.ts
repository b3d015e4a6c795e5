import type { ReportFault } from '@mason/contract/device'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { Fault } from '../../core/errors.ts'

/** A device whose row this transaction has locked, what it sent, and what of that could not be read. */
export interface FaultyReport {
  accountId: string
  id: string
  sent: Record<string, unknown>
  isPartial: boolean
  faults: Fault[]
}

const maxFaults = 20
const maxIgnored = 1_000

/** The faults of an answer. */
export const ignoredOf = (faults: Fault[]): Fault[] =>
  faults.length <= maxIgnored
    ? faults
    : [...faults.slice(0, maxIgnored), { path: '', message: `and ${faults.length - maxIgnored} more` }]

/** Keeps up what the documents of devices say of members that cannot be read, and tells of those that begin to fail. */
export async function keepReportFaults(tx: Db, reports: FaultyReport[]): Promise<void> {
  if (reports.length === 0) return
  const { rows } = await tx.query<{ id: string; faults: ReportFault[] | null }>(sql`
    SELECT d.id, d.report_faults::json AS faults
    FROM unnest(${reports.map(({ accountId }) => accountId)}::uuid[], ${reports.map(({ id }) => id)}::uuid[]) AS t (account_id, id)
    JOIN device AS d ON d.account_id = t.account_id AND d.id = t.id`)
  const known = new Map(rows.map(({ id, faults }) => [id, faults ?? []]))
  const now = new Date().toISOString()
  const next = reports.map((report) => ({ report, ...advance(known.get(report.id) ?? [], report, now) }))
  const changed = next.filter(({ isChanged }) => isChanged)
  if (changed.length === 0) return
  await tx.query(sql`
    UPDATE device AS d SET report_faults = r.faults
    FROM unnest(${changed.map(({ report }) => report.accountId)}::uuid[], ${changed.map(({ report }) => report.id)}::uuid[],
                ${changed.map(({ faults }) => (faults.length > 0 ? JSON.stringify(faults) : null))}::text[])
      AS r (account_id, id, faults)
    WHERE d.account_id = r.account_id AND d.id = r.id`)
  const begun = changed.flatMap(({ report: { accountId, id }, begun }) =>
    begun.map(({ path, message }) => ({ accountId, id, data: JSON.stringify({ path, message }) })),
  )
  if (begun.length === 0) return
  await tx.query(sql`
    SELECT record_events(array_agg(ROW(account_id, 'device.report_fault', jsonb_build_object('kind', 'device', 'id', id),
             jsonb_build_object('kind', 'device', 'id', id), id, data::jsonb)::new_event))
    FROM unnest(${begun.map(({ accountId }) => accountId)}::uuid[], ${begun.map(({ id }) => id)}::uuid[],
                ${begun.map(({ data }) => data)}::text[]) AS t (account_id, id, data)`)
}

/** A partial report says nothing of the members that it leaves out: their faults stay. */
function advance(known: ReportFault[], { sent, isPartial, faults }: FaultyReport, now: string) {
  const found = new Map(faults.map((fault) => [fault.path, fault]))
  const isSaid = (path: string) => !isPartial || Object.hasOwn(sent, memberOf(path))
  const stays = known.filter(({ path }) => found.has(path) || !isSaid(path))
  const paths = new Set(stays.map(({ path }) => path))
  const begun = faults
    .filter(({ path }) => !paths.has(path))
    .slice(0, maxFaults - stays.length)
    .map((fault) => ({ ...fault, since: now }))
  const isChanged = stays.length < known.length || begun.length > 0
  return { faults: [...stays.map((fault) => ({ ...fault, ...found.get(fault.path) })), ...begun], begun, isChanged }
}

const memberOf = (path: string) => (path.split('/')[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~')
