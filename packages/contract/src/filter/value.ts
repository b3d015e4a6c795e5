import { bareIdentifier, bareNumber, readIccid, readImeiStart, readImsi, readMsisdn } from '../identifiers.ts'
import { dayMs, hourMs, parseTime } from '../time.ts'
import type { FieldKind } from './fields.ts'

/** A value of a comparison as it was read; `none` is one that nothing has. */
export type Value =
  | { readonly is: 'any' }
  | { readonly is: 'none' }
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'part'; readonly text: string; readonly isOpenStart: boolean; readonly isOpenEnd: boolean }
  | { readonly is: 'number'; readonly number: number }
  | { readonly is: 'time'; readonly time: Date }
  | { readonly is: 'boolean'; readonly boolean: boolean }

/** How a text is read as a value of a kind; a text is what was expected in its place. */
type Reader = (text: string, now: number) => Value | string

const text = (written: string): Value => ({ is: 'text', text: written })

/** The identifiers in the form in which they are kept; an incomplete one is a part of what is looked for. */
const identifier =
  (read: (text: string) => string | undefined): Reader =>
  (written) => {
    const known = read(written)
    return known === undefined ? { is: 'none' } : text(known)
  }

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const readers: Readonly<Record<FieldKind, Reader>> = {
  text,
  label: text,
  version: text,
  id: identifier((written) => (uuid.test(written.toLowerCase()) ? written.toLowerCase() : undefined)),
  imei: (written) => {
    const start = readImeiStart(written)
    if (start === undefined) return { is: 'none' }
    return start.length === 15 ? text(start) : { is: 'part', text: start, isOpenStart: false, isOpenEnd: true }
  },
  iccid: identifier(readIccid),
  imsi: identifier(readImsi),
  msisdn: identifier(readMsisdn),
  number: (written) =>
    /^-?\d{1,15}(\.\d{1,15})?$/.test(written) ? { is: 'number', number: Number(written) } : 'a number',
  time: (written, now) => {
    const time = readTime(written, now)
    return time ? { is: 'time', time } : 'a time, such as 2026-11-02T09:30:00Z, or -7d, -12h or -30m'
  },
  boolean: (written) =>
    /^(true|false)$/i.test(written) ? { is: 'boolean', boolean: /^true$/i.test(written) } : 'true or false',
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: hourMs, d: dayMs, w: 7 * dayMs }

/** RFC 3339, or a time from now, such as `-7d`. */
function readTime(written: string, now: number): Date | undefined {
  const [, amount, unit = ''] = /^([+-]\d{1,5})([smhdw])$/i.exec(written) ?? []
  if (amount === undefined) return parseTime(written)
  return new Date(now + Number(amount) * (unitsMs[unit.toLowerCase()] ?? 0))
}

/** The parts of identifiers are looked for without separators, as the identifiers are kept. */
const bareParts: Partial<Readonly<Record<FieldKind, (text: string) => string>>> = {
  id: (part) => part.toLowerCase(),
  imei: bareIdentifier,
  iccid: (part) => bareIdentifier(part).toUpperCase(),
  imsi: bareIdentifier,
  msisdn: bareNumber,
}

const hasNoParts = new Set<FieldKind>(['number', 'time', 'boolean'])

/**
 * Reads a value of a comparison for equality, with `*` at either end for whatever is there.
 *
 * @returns the value, or what was expected in its place.
 */
export function readEqual(kind: FieldKind, written: string, now: number): Value | string {
  if (written === '*') return { is: 'any' }
  const isOpen = written.startsWith('*') || written.endsWith('*')
  if (!isOpen || hasNoParts.has(kind)) return readers[kind](written, now)
  const part = written.replace(/^\*/, '').replace(/\*$/, '')
  return {
    is: 'part',
    text: bareParts[kind]?.(part) ?? part,
    isOpenStart: written.startsWith('*'),
    isOpenEnd: written.endsWith('*'),
  }
}

/**
 * Reads a value of a comparison of order, for which a part of an identifier will do.
 *
 * @returns the value, or what was expected in its place.
 */
export function readBound(kind: FieldKind, written: string, now: number): Value | string {
  const bare = bareParts[kind]
  return bare ? text(bare(written)) : readers[kind](written, now)
}
