import { dayMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { DayUsage, Session } from '../carrier/carrier.ts'
import { CarrierFault, sentenceOf } from '../carrier/fault.ts'
import type { UsageFigure } from '../usage/record.ts'
import { writeBatch } from '../usage/write.ts'
import type { Claimed } from './claim.ts'

/** Carriers correct their figures for so many days. */
const daysAgain = 3
/** None of them keeps days for less long. */
const oldestDays = 150

/** A SIM whose usage is asked for. */
export interface Pulled {
  iccid: string
  reference: string
  /** Days before were pulled; null for one that is new. */
  pulledUntil: string | null
}

const iso = (time: number) => new Date(time).toISOString().slice(0, 10)
const dayNumber = (day: string) => Date.parse(day) / dayMs

/** The first day that is asked for again: of a new SIM, the first of this month. */
export function firstDayOf(pulledUntil: string | null, today: string): string {
  const now = Date.parse(today)
  const again = now - daysAgain * dayMs
  if (pulledUntil === null) return iso(Math.min(again, Date.parse(`${today.slice(0, 7)}-01`)))
  return iso(Math.max(now - oldestDays * dayMs, Math.min(again, Date.parse(pulledUntil) - daysAgain * dayMs)))
}

interface Asked extends Pulled {
  first: string
  days?: DayUsage[]
  refusal?: string
}

/** Asks for what SIMs have used and writes it down; the newest figure of a day replaces the one before. */
export async function pullUsageOf(
  db: Db,
  claimed: Claimed,
  usageOf: NonNullable<Session['usageOf']>,
  sims: readonly Pulled[],
  today: string,
): Promise<void> {
  const end = iso(Date.parse(today) + dayMs)
  const asked = await Promise.all(
    sims.map(async (sim): Promise<Asked> => {
      const first = firstDayOf(sim.pulledUntil, today)
      try {
        return { ...sim, first, days: (await usageOf(sim, first, end)).filter(({ day }) => day >= first && day < end) }
      } catch (error) {
        // What is wrong with one SIM keeps the usage of the others from nobody.
        if (!(error instanceof CarrierFault) || error.kind !== 'refused') throw error
        return { ...sim, first, refusal: sentenceOf(error) }
      }
    }),
  )
  const told = asked.flatMap((sim) =>
    sim.days === undefined ? [] : { iccid: sim.iccid, first: sim.first, days: sim.days },
  )
  await writeFigures(db, claimed, told, end)
  await keepPulled(db, claimed, told)
  const refused = asked.flatMap(({ iccid, refusal }) => (refusal === undefined ? [] : { iccid, refusal }))
  if (refused.length > 0)
    await db.query(sql`
      UPDATE sim_at_carrier AS a SET reason = r.refusal
      FROM json_to_recordset(${JSON.stringify(refused)}) AS r (iccid text, refusal text)
      WHERE a.account_id = ${claimed.accountId} AND a.iccid = r.iccid`)
}

/** Keeps that what SIMs have used is known up to today. */
export async function keepPulled(db: Db, { accountId }: Claimed, sims: readonly { iccid: string }[]): Promise<void> {
  await db.query(sql`
    UPDATE sim_at_carrier SET pulled_until = utc_day(now())
    WHERE account_id = ${accountId} AND iccid = ANY (${sims.map(({ iccid }) => iccid)})`)
}

/** Writes what the SIMs of a portion have used on one day, as the carrier tells it of all at once. */
export async function writeDay(
  db: Db,
  claimed: Claimed,
  day: string,
  sims: readonly { iccid: string; reference: string }[],
  sums: ReadonlyMap<string, { upload: number; download: number }>,
): Promise<void> {
  const told = sims.map(({ iccid, reference }) => {
    const used = sums.get(reference)
    return { iccid, first: day, days: used ? [{ day, ...used }] : [] }
  })
  await writeFigures(db, claimed, told, iso(Date.parse(day) + dayMs))
}

interface Told {
  iccid: string
  /** Of the days from this one on everything is told. */
  first: string
  days: DayUsage[]
}

async function writeFigures(db: Db, claimed: Claimed, told: readonly Told[], end: string): Promise<void> {
  const { accountId, name } = claimed
  const figures: UsageFigure[] = []
  const add = (iccid: string, { day, upload, download }: DayUsage) =>
    figures.push({ line: figures.length, iccid, source: name, day: dayNumber(day), upload, download })
  const given = new Set(told.flatMap(({ iccid, days }) => days.map(({ day }) => `${iccid} ${day}`)))
  for (const { iccid, days } of told) for (const used of addedUp(days)) add(iccid, used)
  for (const { iccid, day } of await findGiven(db, claimed, told, end))
    if (!given.has(`${iccid} ${day}`)) add(iccid, { day, upload: 0, download: 0 })
  await writeBatch(db, accountId, figures, { repeats: false, unknownSims: false })
}

/** A carrier may split a day, as by networks. */
function addedUp(days: readonly DayUsage[]): DayUsage[] {
  const sums = new Map<string, DayUsage>()
  for (const { day, upload, download } of days) {
    const known = sums.get(day) ?? { day, upload: 0, download: 0 }
    sums.set(day, { day, upload: known.upload + upload, download: known.download + download })
  }
  return [...sums.values()]
}

/** The days for which there is a figure of the carrier that is not nothing: what it no longer tells of is nothing now. */
async function findGiven(db: Db, { accountId, name }: Claimed, told: readonly Told[], end: string) {
  if (told.length === 0) return []
  const first = told.reduce((least, one) => (one.first < least ? one.first : least), end)
  const { rows } = await db.query<{ iccid: string; day: string }>(sql`
    SELECT m.iccid, (m.month + d.place::int - 1)::text AS day
    FROM json_to_recordset(${JSON.stringify(told.map(({ iccid, first }) => ({ iccid, first })))}) AS t (iccid text, first date)
    CROSS JOIN generate_series(date_trunc('month', ${first}::timestamp), ${end}::date - 1, interval '1 month') AS months (month)
    CROSS JOIN LATERAL (
      SELECT * FROM usage_source_month AS m
      WHERE m.account_id = ${accountId} AND m.month = months.month::date AND m.iccid = t.iccid AND m.source = ${name}
      OFFSET 0) AS m
    CROSS JOIN LATERAL unnest(m.upload, m.download) WITH ORDINALITY AS d (upload, download, place)
    WHERE (d.upload > 0 OR d.download > 0) AND m.month + d.place::int - 1 >= t.first
      AND m.month + d.place::int - 1 < ${end}::date`)
  return rows
}
