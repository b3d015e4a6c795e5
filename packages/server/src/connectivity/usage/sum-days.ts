import { dayMs } from '@mason/contract/time'
import { inTurns } from '../../core/turns.ts'
import type { UsageLine } from './record.ts'

/** What SIMs have used on a day. */
export interface DayOfSims {
  /** The first day of its month, in days since 1970, and its day of the month, from 1. */
  month: number
  dayOfMonth: number
  /** In the order of ICCIDs. */
  sims: BytesOfSim[]
}

interface BytesOfSim {
  iccid: string
  upload: number
  download: number
}

/** A SIM's day would no longer be exact in JSON. */
export class TooMuch extends Error {}

/** Added up in one turn of the event loop, some 3 ms. */
const linesInTurn = 2_500

/** Adds up what SIMs have used by day and SIM. */
export class DaySums {
  readonly #days = new Map<number, Map<string, BytesOfSim>>()

  /** @param day in days since 1970; of a correction the bytes may be negative. */
  readonly add = (day: number, iccid: string, upload: number, download: number): void => {
    const sims = getOr(this.#days, day, () => new Map<string, BytesOfSim>())
    const sim = getOr(sims, iccid, () => ({ iccid, upload: 0, download: 0 }))
    sim.upload += upload
    sim.download += download
    if (sim.upload + sim.download > Number.MAX_SAFE_INTEGER) throw new TooMuch()
  }

  /** In the order of days and ICCIDs. */
  inOrder(): DayOfSims[] {
    return [...this.#days]
      .sort(([a], [b]) => a - b)
      .map(([day, sims]) => ({ ...monthAndDay(day), sims: inOrder(sims) }))
  }
}

/** Adds up records by day and SIM. */
export async function sumDays(lines: UsageLine[]): Promise<DaySums> {
  const sums = new DaySums()
  const addLine = (line: UsageLine) => {
    for (const part of partsOf(line)) sums.add(part.day, line.iccid, part.upload, part.download)
  }
  for await (const part of inTurns(lines, linesInTurn)) part.forEach(addLine)
  return sums
}

function getOr<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

const inOrder = (sims: Map<string, BytesOfSim>) => [...sims.values()].sort((a, b) => (a.iccid < b.iccid ? -1 : 1))

interface Part {
  day: number
  upload: number
  download: number
}

/** The days of a record. Of one that lasts over midnight each part is rounded down, and the last one takes the rest. */
export function partsOf({ start, end, upload, download }: UsageLine): Part[] {
  const first = Math.floor(start / dayMs)
  if (end <= (first + 1) * dayMs) return [{ day: first, upload, download }]
  const last = Math.ceil(end / dayMs) - 1
  const parts: Part[] = []
  const rest = { upload, download }
  for (let day = first; day < last; day++) {
    const shareOf = (bytes: number) => share(bytes, (day + 1) * dayMs - Math.max(start, day * dayMs), end - start)
    const part = { day, upload: shareOf(upload), download: shareOf(download) }
    rest.upload -= part.upload
    rest.download -= part.download
    parts.push(part)
  }
  return [...parts, { day: last, ...rest }]
}

/** Exact, however large the product. */
const share = (bytes: number, ms: number, ofMs: number) => Number((BigInt(bytes) * BigInt(ms)) / BigInt(ofMs))

/** The first day of the month of a day, and its place there. */
export function monthAndDay(day: number): { month: number; dayOfMonth: number } {
  const dayOfMonth = new Date(day * dayMs).getUTCDate()
  return { month: day - dayOfMonth + 1, dayOfMonth }
}
