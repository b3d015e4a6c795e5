import type { UsageLine } from './record.ts'

const dayMs = 86_400_000

/** What SIMs have used on a day. */
export interface DayOfSims {
  /** The first day of its month, in days since 1970, and its place in that, from 1. */
  month: number
  place: number
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

/** Adds up records by day and SIM, in the order of both. */
export function sumDays(lines: UsageLine[]): DayOfSims[] {
  const days = new Map<number, Map<string, BytesOfSim>>()
  const add = (day: number, iccid: string, upload: number, download: number) => {
    const sims = getOr(days, day, () => new Map<string, BytesOfSim>())
    const sim = getOr(sims, iccid, () => ({ iccid, upload: 0, download: 0 }))
    sim.upload += upload
    sim.download += download
    if (sim.upload + sim.download > Number.MAX_SAFE_INTEGER) throw new TooMuch()
  }
  for (const line of lines) {
    const first = Math.floor(line.start / dayMs)
    if (line.end <= (first + 1) * dayMs) add(first, line.iccid, line.upload, line.download)
    else for (const part of partsOf(line, first)) add(part.day, line.iccid, part.upload, part.download)
  }
  return [...days].sort(([a], [b]) => a - b).map(([day, sims]) => ({ ...monthAndPlace(day), sims: inOrder(sims) }))
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

function monthAndPlace(day: number): { month: number; place: number } {
  const place = new Date(day * dayMs).getUTCDate()
  return { month: day - place + 1, place }
}
