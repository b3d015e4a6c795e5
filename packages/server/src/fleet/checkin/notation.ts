import { readImei } from '@mason/contract/identifiers'
import type { TSchema } from 'typebox'

/** One member's own reader: the same value in another notation. */
type Reader = (value: string | number) => string | undefined

/** By path, with `*` for a place in a list. */
const readers: Readonly<Record<string, Reader>> = {
  '/battery/level': (value) => /^\s*(\d{1,3})(?:\.0+)?\s*%?\s*$/.exec(String(value))?.[1]?.replace(/^0+(?=\d)/, ''),
  '/imei': (value) => readImei(String(value)),
  // As a number it has lost digits.
  '/connection/sim/*/iccid': () => undefined,
  // A country's code has three digits. Of a network's code that comes as a number it is not known whether it had two or three.
  '/connection/sim/*/mcc': (value) => digits(value, 3),
  '/connection/sim/*/mnc': (value) => digits(value, 2),
}

const readerOf = (path: string): Reader | undefined => {
  const pattern = path.replace(/\/\d+(?=\/|$)/g, '/*')
  return Object.hasOwn(readers, pattern) ? readers[pattern] : undefined
}

const digits = (value: string | number, least: number) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? String(value).padStart(least, '0')
    : undefined

/**
 * The same value as the contract writes it, where there is no doubt which one that is: another notation is read, another
 * value is never guessed.
 *
 * @returns undefined where there is doubt; what is returned may still not satisfy the schema.
 */
export function inOtherNotation(schema: TSchema, value: unknown, path: string): unknown {
  const { type, format, enum: words } = schema as { type?: string; format?: string; enum?: readonly unknown[] }
  if (typeof value === 'string' || typeof value === 'number') {
    const reader = readerOf(path)
    if (reader) return reader(value)
    if (format === 'date-time') return timeOf(value)
    if (words) return words.find((word) => String(word).toLowerCase() === String(value).toLowerCase())
  }
  return asType(type, value)
}

/** The same value as one of another JSON type. */
function asType(type: string | undefined, value: unknown): unknown {
  // A whole number has one notation; 1.10 as a number has lost its zero.
  if (type === 'string') return Number.isSafeInteger(value) ? String(value) : undefined
  if (type === 'boolean') return truths.get(typeof value === 'string' ? value.toLowerCase() : value)
  if (type === 'number' || type === 'integer') return numberOf(value)
  return undefined
}

const truths = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
  [1, true],
  [0, false],
])

const numberOf = (value: unknown) =>
  typeof value === 'string' && /^-?\d{1,300}(\.\d+)?$/.test(value) ? Number(value) : undefined

const [oldestSeconds, oldestMs, latestMs] = [1e8, 1e11, 253_402_300_799_999]

/** Seconds or milliseconds since 1970, or ISO 8601 with a zone. Without a zone there is no knowing which instant it is. */
function timeOf(value: string | number): string | undefined {
  if (typeof value === 'string' && !/^\d{9,15}$/.test(value))
    return value
      .trim()
      .replace(/^(\d{4}-\d\d-\d\d) /, '$1T')
      .replace(/T(\d\d:\d\d)(?=[Z+-])/i, 'T$1:00')
      .replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
  const count = Number(value)
  if (!Number.isSafeInteger(count) || count < oldestSeconds) return undefined
  const ms = count < oldestMs ? count * 1000 : count
  return ms > latestMs ? undefined : new Date(ms).toISOString()
}
