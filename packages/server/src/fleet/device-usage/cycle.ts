import type { Connection } from '@mason/contract/connection'
import { readIccid } from '@mason/contract/identifiers'
import { dayMs, parseTime } from '@mason/contract/time'

/** What a counter of mobile use has counted since its start; times in milliseconds since 1970. */
export interface Cycle {
  start: number
  end: number
  sent: number
  received: number
}

/** What a report says of the mobile use of its SIM. */
export interface MobileUsage {
  iccid: string
  /** By start. */
  cycles: Cycle[]
}

/** How far a device's cycles have been counted. */
export interface Cursor {
  until: number
  sent: number
  received: number
}

/** Bytes of a day, `day` in days since 1970. */
export interface DayUsage {
  day: number
  sent: number
  received: number
}

const maxPartDays = 400

/** A device that reports two SIMs does not say which of them it used: its use is nobody's. */
export function readMobileUsage({ sim, dataUsage }: Connection): MobileUsage | undefined {
  const cycles = dataUsage?.usageCycles?.flatMap(({ startTime, endTime, usages }) => {
    const mobile = usages.filter(({ type }) => type === 'mobile')
    const [start, end] = [parseTime(startTime)?.getTime(), parseTime(endTime)?.getTime()]
    if (mobile.length === 0 || start === undefined || end === undefined || end < start) return []
    const sum = (read: (usage: (typeof mobile)[number]) => number) =>
      Math.min(
        mobile.reduce((total, usage) => total + read(usage), 0),
        Number.MAX_SAFE_INTEGER,
      )
    return { start, end, sent: sum((usage) => usage.bytesSent), received: sum((usage) => usage.bytesReceived) }
  })
  const iccids = new Set(sim?.flatMap(({ iccid }) => (iccid === undefined ? [] : (readIccid(iccid) ?? []))))
  const [iccid, other] = iccids
  if (!cycles?.length || iccid === undefined || other !== undefined) return undefined
  return { iccid, cycles: cycles.sort((a, b) => a.start - b.start) }
}

/**
 * Counts what cycles say beyond what was counted before. A cycle grows from report to report and its growth falls on the
 * time since the last one; what lies before the cursor never counts again, so repeated, late and overlapping cycles add
 * nothing. A count that is smaller than before has started anew.
 */
export function advance(
  cursor: Cursor | undefined,
  cycles: Cycle[],
  now: number,
): { cursor: Cursor | undefined; days: DayUsage[] } {
  const days: DayUsage[] = []
  let last = cursor
  for (const { start, end, sent, received } of cycles) {
    if (end > now + dayMs || end < now - maxPartDays * dayMs || (last && end <= last.until)) continue
    const continued = last && start < last.until ? last : undefined
    const growth = (count: number, before = 0) => (count < before ? count : count - before)
    const part = { sent: growth(sent, continued?.sent), received: growth(received, continued?.received) }
    days.push(...splitByDays({ start: continued?.until ?? start, end, ...part }))
    last = { until: end, sent, received }
  }
  return { cursor: last, days }
}

/** Over midnight (UTC) bytes are split by time, each part rounded down, the last one taking the rest, as in usage records. */
export function splitByDays({ start, end, sent, received }: Cycle): DayUsage[] {
  const [first, last] = [Math.floor(start / dayMs), Math.floor((end > start ? end - 1 : end) / dayMs)]
  if (last - first > maxPartDays) return []
  const share = (bytes: number, ms: number) => Number((BigInt(bytes) * BigInt(ms)) / BigInt(end - start))
  const days: DayUsage[] = []
  const left = { sent, received }
  for (let day = first; day < last; day++) {
    const ms = (day + 1) * dayMs - Math.max(start, day * dayMs)
    const part = { day, sent: share(sent, ms), received: share(received, ms) }
    left.sent -= part.sent
    left.received -= part.received
    days.push(part)
  }
  days.push({ day: last, ...left })
  return days.filter((part) => part.sent + part.received > 0)
}
