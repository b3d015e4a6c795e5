import type { Fault } from '../errors.ts'

export const inexact = 'is a number that cannot be kept exactly: write it as text'

/** A number in JSON that would become another one. */
class Inexact {}

/** Shorter numbers have 15 digits at most, which are always kept. */
const suspicious = /[0-9.]{16}|[0-9][eE]/

/** The numbers in a member of a JSON text that are not kept as they are. */
export function inexactNumbers(text: string, member: string): Fault[] {
  if (!suspicious.test(text)) return []
  const root = JSON.parse(text, (_name, value: unknown, ...[context]: [{ source?: string }?]) =>
    typeof value === 'number' && !isExact(context?.source ?? '', value) ? new Inexact() : value,
  )
  return [...faultsIn(root[member], `/${member}`)]
}

function* faultsIn(value: unknown, path: string): Generator<Fault> {
  if (value instanceof Inexact) yield { path, message: inexact }
  else if (typeof value === 'object' && value !== null)
    for (const [name, part] of Object.entries(value)) yield* faultsIn(part, `${path}/${pointerPart(name)}`)
}

/** A name as a part of a JSON pointer (RFC 6901). */
export const pointerPart = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')

/** Whether a number that was written so is written again with the same value. */
export function isExact(source: string, value: number): boolean {
  const written = decimalOf(source)
  return written !== undefined && written === decimalOf(String(value))
}

/** A decimal number as its digits and the power of ten that they are multiplied by; undefined for what is none. */
function decimalOf(text: string): string | undefined {
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/.exec(text)
  if (!match) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = `${whole}${fraction}`
  const first = digits.search(/[1-9]/)
  if (first === -1) return digits === '' ? undefined : '0'
  let end = digits.length
  while (digits[end - 1] === '0') end--
  const power = Number(exponent) - fraction.length + (digits.length - end)
  return `${sign === '-' ? '-' : ''}${digits.slice(first, end)}e${power}`
}
