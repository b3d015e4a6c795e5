import { identifierFault, readIccid } from '@mason/contract/identifiers'
import { parseTime } from '@mason/contract/time'
import type { Row } from '../http/stream-body.ts'

/** A record that can be counted, and the line that it came on. */
export interface UsageLine {
  line: number
  iccid: string
  id: string
  /** Milliseconds since 1970. */
  start: number
  end: number
  upload: number
  download: number
}

const dayMs = 86_400_000
const maxDurationDays = 31
const maxIdLength = 200

/** The columns of a CSV. */
export const columns = {
  isKnown: (name: string) => members.has(name),
  required: ['id', 'iccid', 'start', 'upload', 'download'],
}
const members = new Set(['id', 'iccid', 'start', 'end', 'upload', 'download'])

/**
 * Reads a record by hand: a schema's check of every line costs several times as much.
 *
 * @param isText whether numbers come as digits, as in CSV.
 * @param now milliseconds; what lies more than a day behind it is refused.
 * @returns the record, or what is wrong with it.
 */
export function readRecord({ line, value, fault }: Row, isText: boolean, now: number): UsageLine | string {
  if (fault !== undefined) return fault
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is not a record'
  const record = value as Record<string, unknown>
  for (const name in record) if (!members.has(name)) return `${name.slice(0, 100)} is not a member that a record has`
  const { id, iccid } = record
  if (typeof id !== 'string' || id === '' || id.length > maxIdLength)
    return `id must be text of 1 to ${maxIdLength} characters`
  const card = typeof iccid === 'string' ? readIccid(iccid) : undefined
  if (card === undefined) return `iccid ${identifierFault('iccid', iccid)}`
  const start = readInstant(record.start)
  if (start === undefined) return `start ${mustBeTime}`
  const end = record.end === undefined ? start : readInstant(record.end)
  if (end === undefined) return `end ${mustBeTime}`
  if (end < start) return 'end is before start'
  if (end - start > maxDurationDays * dayMs) return `it lasts more than ${maxDurationDays} days`
  if (end > now + dayMs) return 'it lies more than a day in the future'
  const upload = readBytes(record.upload, isText)
  if (upload === undefined) return `upload ${mustBeBytes}`
  const download = readBytes(record.download, isText)
  if (download === undefined) return `download ${mustBeBytes}`
  return { line, iccid: card, id, start, end, upload, download }
}

const mustBeTime = 'must be an RFC 3339 date and time, such as 2026-11-02T09:30:00Z'
const mustBeBytes = `must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}`

function readBytes(value: unknown, isText: boolean): number | undefined {
  const bytes = isText && typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  return typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined
}

const days = new Map<string, number>()
const maxDays = 1_000

/** Milliseconds since 1970. Records have few days, so each is read once; a general reader takes ten times as long. */
function readInstant(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined
  const ms = value.length === 24 ? readDigits(value, 20, 3) : 0
  const hours = readDigits(value, 11, 2)
  const minutes = readDigits(value, 14, 2)
  const seconds = readDigits(value, 17, 2)
  const midnight = readDay(value.slice(0, 10))
  const isCommon =
    (value.length === 20 || (value.length === 24 && value[19] === '.')) &&
    value.endsWith('Z') &&
    value[10] === 'T' &&
    value[13] === ':' &&
    value[16] === ':' &&
    midnight !== undefined &&
    ms >= 0 &&
    hours >= 0 &&
    hours < 24 &&
    minutes >= 0 &&
    minutes < 60 &&
    seconds >= 0 &&
    seconds < 60
  return isCommon ? midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms : parseTime(value)?.getTime()
}

/** The number that some digits say; negative where there are others than digits. */
function readDigits(text: string, start: number, count: number): number {
  let number = 0
  for (let place = start; place < start + count; place++) {
    const digit = text.charCodeAt(place) - 48
    if (!(digit >= 0 && digit <= 9)) return -1
    number = number * 10 + digit
  }
  return number
}

function readDay(day: string): number | undefined {
  const known = days.get(day)
  if (known !== undefined) return known
  const midnight = parseTime(`${day}T00:00:00Z`)?.getTime()
  if (midnight === undefined) return undefined
  if (days.size === maxDays) days.clear()
  days.set(day, midnight)
  return midnight
}
