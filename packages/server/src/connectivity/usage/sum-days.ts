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

/** Adds up records by day and SIM, in the order of both. */
export async function sumDays(lines: UsageLine[]): Promise<DayOfSims[]> {
  const days = new Map<number, Map<string, BytesOfSim>>()
  const add = (day: number, iccid: string, upload: number, download: number) => {
    const sims = getOr(days, day, () => new Map<string, BytesOfSim>())
    const sim = getOr(sims, iccid, () => ({ iccid, upload: 0, download: 0 }))
    sim.upload += upload
    sim.download += download
    if (sim.upload + sim.download > Number.MAX_SAFE_INTEGER) throw new TooMuch()
  }
  const addLine = (line: UsageLine) => {
    const first = Math.floor(line.start / dayMs)
    if (line.end <= (first + 1) * dayMs) add(first, line.iccid, line.upload, line.download)
    else for (const part of partsOf(line, first)) add(part.day, line.iccid, part.upload, part.download)
  }
  for await (const part of inTurns(lines, linesInTurn)) part.forEach(addLine)
  return [...days].sort(([a], [b]) => a - b).map(([day, sims]) => ({ ...monthAndDay(day), sims: inOrder(sims) }))
}

function getOr<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

const inOrder = (sims: Map<string, BytesOfSim>) => [...sims.values()].sort((a, b) => (a.iccid < b.iccid ? -1 : 1))

/** The days of a record that lasts over midnight: each part rounded down, the last one taking the rest. */
function partsOf({ start, end, upload, download }: UsageLine, first: number) {
  const last = Math.ceil(end / dayMs) - 1
  const parts: { day: number; upload: number; download: number }[] = []
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

function monthAndDay(day: number): { month: number; dayOfMonth: number } {
  const dayOfMonth = new Date(day * dayMs).getUTCDate()
  return { month: day - dayOfMonth + 1, dayOfMonth }
}
