import type { TSchema } from 'typebox'
import type { Fault } from '../../core/errors.ts'
import { holdsBadText, textFault } from '../../core/http/body.ts'
import { faultsOf, matcher } from '../../core/http/validation.ts'
import { inOtherNotation } from './notation.ts'

interface Schema extends TSchema {
  type?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  maxItems?: number
  anyOf?: Schema[]
}

/** What of an array was known before of the entry that stands here now. */
type EntryBefore = (entry: unknown, index: number) => unknown

const matchers = new WeakMap<Schema, (value: unknown) => boolean>()

function fits(schema: Schema, value: unknown): boolean {
  const known = matchers.get(schema) ?? matcher(schema)
  matchers.set(schema, known)
  return known(value)
}

/**
 * Reads a value member by member. The smallest member that cannot be read keeps what is known of it, or is left out where
 * nothing is; every member beside it is taken.
 *
 * @param before what is known, in the form of the schema.
 * @returns the value, which satisfies the schema, and each fault once.
 */
export function salvage(schema: TSchema, value: object, before: object): { value: unknown; faults: Fault[] } {
  const faults = new Map<string, Fault>()
  const note = (path: string, message: string) => {
    if (!faults.has(path)) faults.set(path, { path, message })
  }
  const isGood = (schema: Schema, value: unknown) => fits(schema, value) && !holdsBadText(value)

  const read = (given: Schema, value: unknown, before: unknown, path: string): unknown => {
    if (isGood(given, value)) return value
    const schema = withoutNull(given)
    if (schema.properties && isObject(value)) return readObject(schema, value, before, path)
    if (schema.items && Array.isArray(value)) return readArray(schema, value, before, path)
    const other = inOtherNotation(schema, value, path)
    if (other !== undefined && isGood(schema, other)) return other
    note(
      path,
      (typeof value === 'string' ? textFault(value) : undefined) ??
        faultsOf(schema, value)[0]?.message ??
        'is not valid',
    )
    return whole(given, before)
  }

  const readObject = (schema: Schema, value: Members, before: unknown, path: string): unknown => {
    const known = isObject(before) ? before : {}
    const result = readMembers(schema, value, known, path)
    for (const name of schema.required ?? []) {
      if (Object.hasOwn(result, name)) continue
      if (!Object.hasOwn(value, name)) note(`${path}/${name}`, 'is required')
      if (!Object.hasOwn(known, name)) return whole(schema, before)
      result[name] = known[name]
    }
    return result
  }

  const readMembers = (schema: Schema, value: Members, known: Members, path: string): Members => {
    const result: Members = {}
    for (const [name, member] of Object.entries(value)) {
      const memberPath = `${path}/${pointerToken(name)}`
      const of = own(schema.properties, name)
      const taken = of && read(of, member, own(known, name), memberPath)
      if (!of) note(memberPath, 'is not a member that this server knows')
      else if (taken !== undefined) result[name] = taken
    }
    return result
  }

  const readArray = (schema: Schema, value: unknown[], before: unknown, path: string): unknown => {
    const { items = {}, maxItems = Number.POSITIVE_INFINITY } = schema
    const entryBefore = entriesBefore(path, Array.isArray(before) ? before : [])
    const taken = value.slice(0, maxItems).flatMap((entry, index) => {
      const one = read(items, entry, entryBefore(entry, index), `${path}/${index}`)
      return one === undefined ? [] : [one]
    })
    if (value.length > maxItems) note(`${path}/${maxItems}`, `only the first ${maxItems} are taken`)
    return taken
  }

  return { value: read(schema, value, before, ''), faults: [...faults.values()] }
}

/** What is known may be only a part of what the schema asks for. */
const whole = (schema: Schema, before: unknown) => (fits(schema, before) ? before : undefined)

/** An app is known by its name and a SIM by its slot; entries of other lists have no identity. */
function entriesBefore(path: string, before: unknown[]): EntryBefore {
  if (path === '/connection/sim') return (_, index) => before[index]
  if (path !== '/apps') return () => undefined
  const apps = new Map(before.flatMap((app) => (isObject(app) ? [[app.name, app]] : [])))
  return (entry) => (isObject(entry) ? apps.get(entry.name) : undefined)
}

type Members = Record<string, unknown>

export const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const own = <T>(members: Record<string, T> | undefined, name: string): T | undefined =>
  members && Object.hasOwn(members, name) ? members[name] : undefined

function withoutNull(schema: Schema): Schema {
  const [first, ...others] = schema.anyOf?.filter(({ type }) => type !== 'null') ?? []
  return first && others.length === 0 ? first : schema
}

const longestToken = 100

/** A member's name in a JSON pointer (RFC 6901), with what cannot be stored in it replaced. */
const pointerToken = (name: string) =>
  name.slice(0, longestToken).toWellFormed().replaceAll('\0', '\ufffd').replaceAll('~', '~0').replaceAll('/', '~1')
