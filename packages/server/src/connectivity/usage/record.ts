import { identifierFault, readIccid, roundedForm, roundedNumber } from '@mason/contract/identifiers'
import { dayMs, parseTime } from '@mason/contract/time'
import type { Columns } from '../../core/http/rows/csv.ts'
import type { ReadLocal } from '../../core/http/rows/local-time.ts'
import type { Row } from '../../core/http/rows/read.ts'
import { unguarded } from '../../core/http/rows/spreadsheet.ts'

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
  /** Who sent it: it does not count on days for which they give a figure. */
  source?: string
}

/** What a source says that a SIM has used on a day, and the line that it came on. It takes the place of what that source said before. */
export interface UsageFigure {
  line: number
  iccid: string
  source: string
  /** Days since 1970. */
  day: number
  upload: number
  download: number
}

export type UsageEntry = UsageLine | UsageFigure

export const isFigure = (entry: UsageEntry): entry is UsageFigure => 'day' in entry

const maxDurationDays = 31
const maxIdLength = 200
const maxSourceLength = 100

const members = new Set(['id', 'iccid', 'start', 'end', 'upload', 'download', 'source', 'day'])

/** The columns of a CSV. */
export const columns: Columns = {
  nameOf: (header) => (members.has(header.toLowerCase()) ? header.toLowerCase() : undefined),
  required: ['iccid', 'upload', 'download'],
  oneOf: ['id', 'day'],
}

/** How the records of a body are to be read. */
export interface RecordReading {
  /** Cells are text: numbers come as digits, and spreadsheets have guarded what looks like one. */
  isText: boolean
  /** Reads times that have no zone. */
  readLocal: ReadLocal | undefined
}

/**
 * Reads a record by hand: a schema's check of every line costs several times as much.
 *
 * @param now milliseconds; what lies more than a day behind it is refused.
 * @returns the record or figure, or what is wrong with it.
 */
export function readRecord({ line, value, fault }: Row, reading: RecordReading, now: number): UsageEntry | string {
  if (fault !== undefined) return fault
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is not a record'
  const record = value as Record<string, unknown>
  const unknown = unknownMember(record)
  if (unknown !== undefined) return `${unknown.slice(0, 100)} is not a member that a record has`
  const source = record.source === undefined ? undefined : readText(record.source, reading.isText, maxSourceLength)
  if (source === undefined && record.source !== undefined)
    return `source must be text of 1 to ${maxSourceLength} characters`
  return record.day === undefined
    ? readLine(line, record, source, reading, now)
    : readFigure(line, record, source, reading, now)
}

function readLine(
  line: number,
  record: Record<string, unknown>,
  source: string | undefined,
  { isText, readLocal }: RecordReading,
  now: number,
): UsageLine | string {
  const id = readText(record.id, isText, maxIdLength)
  if (id === undefined) return `id must be text of 1 to ${maxIdLength} characters`
  const iccid = typeof record.iccid === 'string' ? readIccid(record.iccid) : undefined
  if (iccid === undefined) return `iccid ${iccidFault(record.iccid)}`
  const start = readInstant(record.start, readLocal)
  if (start === undefined) return `start ${timeFault(record.start)}`
  const end = record.end === undefined ? start : readInstant(record.end, readLocal)
  if (end === undefined) return `end ${timeFault(record.end)}`
  const spanFault = faultOfSpan(start, end, now)
  if (spanFault !== undefined) return spanFault
  const used = readUsed(record, isText)
  if (typeof used === 'string') return used
  return { line, iccid, id, start, end, ...used, ...(source !== undefined && { source }) }
}

function readUsed(
  { upload: up, download: down }: Record<string, unknown>,
  isText: boolean,
): { upload: number; download: number } | string {
  const upload = readBytes(up, isText)
  if (upload === undefined) return `upload ${bytesFault(up)}`
  const download = readBytes(down, isText)
  if (download === undefined) return `download ${bytesFault(down)}`
  return { upload, download }
}

const dayForm = /^\d{4}-\d\d-\d\d$/

function readFigure(
  line: number,
  record: Record<string, unknown>,
  source: string | undefined,
  { isText }: RecordReading,
  now: number,
): UsageFigure | string {
  if (source === undefined) return 'source must say whose figure of the day it is'
  const other = ['id', 'start', 'end'].find((name) => record[name] !== undefined)
  if (other !== undefined) return `${other} is not a member that the figure of a day has`
  const iccid = typeof record.iccid === 'string' ? readIccid(record.iccid) : undefined
  if (iccid === undefined) return `iccid ${iccidFault(record.iccid)}`
  const text = typeof record.day === 'string' ? record.day.trim() : ''
  const midnight = dayForm.test(text) ? readDay(text) : undefined
  if (midnight === undefined) return 'day must be a day (UTC), such as 2026-11-02'
  if (midnight > now + dayMs) return 'it lies more than a day in the future'
  const used = readUsed(record, isText)
  if (typeof used === 'string') return used
  return { line, iccid, source, day: midnight / dayMs, ...used }
}

function unknownMember(record: Record<string, unknown>): string | undefined {
  for (const name in record) if (!members.has(name)) return name
  return undefined
}

function readText(value: unknown, isText: boolean, maxLength: number): string | undefined {
  const text = isText && typeof value === 'string' ? unguarded(value) : value
  return typeof text === 'string' && text !== '' && text.length <= maxLength ? text : undefined
}

const iccidFault = (value: unknown) =>
  typeof value === 'number' ? 'must be text: as a number it loses digits' : identifierFault('iccid', value)

function faultOfSpan(start: number, end: number, now: number): string | undefined {
  if (end < start) return 'end is before start'
  if (end - start > maxDurationDays * dayMs) return `it lasts more than ${maxDurationDays} days`
  if (end > now + dayMs) return 'it lies more than a day in the future'
  return undefined
}

const timeFault = (value: unknown) =>
  typeof value === 'string' && zonelessForm.test(value.trim())
    ? 'has no time zone: write one, such as 2026-11-02T09:30:00Z, or say with ?timezone=Europe/Paris which it is of'
    : 'must be an RFC 3339 date and time, such as 2026-11-02T09:30:00Z'

function bytesFault(value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : ''
  if (roundedForm.test(text)) return roundedNumber
  if (separatedForm.test(text)) return 'is written with separators: write its digits alone, such as 1000'
  return `must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}`
}

/** Programs of statistics write whole numbers as `1000.0`. */
const bytesForm = /^\d{1,16}(\.0*)?$/
/** A thousand in one country and one in another. */
const ambiguousForm = /^\d{1,3}\.000$/
/** A number with separators of thousands, or with a decimal comma. */
const separatedForm = /^\d{1,3}(?:[.,'\u2019\s]\d{3})+(?:[.,]\d*)?$|^\d+,\d+$/

function readBytes(value: unknown, isText: boolean): number | undefined {
  const text = isText && typeof value === 'string' ? value.trim() : ''
  const bytes = bytesForm.test(text) && !ambiguousForm.test(text) ? Number(text) : value
  return typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined
}

const days = new Map<string, number>()
const maxDays = 1_000

/** Milliseconds since 1970. Records have few days, so each is read once; a general reader takes ten times as long. */
function readInstant(value: unknown, readLocal: ReadLocal | undefined): number | undefined {
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
  return isCommon ? midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms : readOther(value.trim(), readLocal)
}

const zonelessForm = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$/
const otherForm = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(?:([Zz]|UTC|GMT)|([+-]\d\d)(?::?(\d\d))?)$/

/** Times as databases and portals write them: a space for the T, no seconds, `+0000`, or no zone where it is known which. */
function readOther(text: string, readLocal: ReadLocal | undefined): number | undefined {
  const local = zonelessForm.exec(text)
  if (local) {
    const [, year = '', month = '', day = '', time = ''] = local
    return readLocal?.(year, month, day, withSeconds(time))
  }
  const [, day = '', time = '', utc, hours = '', minutes = '00'] = otherForm.exec(text) ?? []
  return parseTime(`${day}T${withSeconds(time)}${utc === undefined ? `${hours}:${minutes}` : 'Z'}`)?.getTime()
}

const withSeconds = (time: string) => (time.length === 5 ? `${time}:00` : time)

/** The number that some digits say; negative where there are others than digits. */
function readDigits(text: string, start: number, count: number): number {
  let number = 0
  for (let index = start; index < start + count; index++) {
    const digit = text.charCodeAt(index) - 48
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
