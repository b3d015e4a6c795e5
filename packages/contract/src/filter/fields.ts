import { labelKeyForm } from '../label.ts'

/**
 * How the values of a field are compared: `text` without regard to case, `label` as well, but in the order of the numbers in it,
 * `version` by its numbers, `id` and the identifiers in their canonical form, the rest as what they are.
 */
export type FieldKind =
  | 'text'
  | 'label'
  | 'version'
  | 'id'
  | 'imei'
  | 'iccid'
  | 'imsi'
  | 'msisdn'
  | 'number'
  | 'time'
  | 'boolean'

/** The fields of a kind of resource. One whose name ends in a dot is followed by a key. */
export type Fields = Readonly<Record<string, FieldKind>>

/** The fields by which devices are filtered. Source: docs/contract.md §13. */
export const deviceFields = {
  id: 'id',
  name: 'text',
  serialnumber: 'text',
  imei: 'imei',
  iccid: 'iccid',
  family: 'text',
  kind: 'text',
  group: 'text',
  online: 'boolean',
  lastcheckin: 'time',
  createdAt: 'time',
  'os.release': 'version',
  'os.incremental': 'version',
  project: 'text',
  projectVersion: 'version',
  'battery.level': 'number',
  'label.': 'label',
  'app.': 'version',
  'wifi.ssid': 'text',
  'sim.carrier': 'text',
  outOfDate: 'boolean',
  conflict: 'boolean',
  reportFaults: 'boolean',
  xray: 'text',
} as const satisfies Fields

/** The fields by which SIMs are filtered. Source: docs/contract.md §13. */
export const simFields = {
  iccid: 'iccid',
  name: 'text',
  imsi: 'imsi',
  msisdn: 'msisdn',
  state: 'text',
  stateReason: 'text',
  carrier: 'text',
  'marker.': 'label',
  device: 'id',
  limit: 'number',
  'usage.month': 'number',
  createdAt: 'time',
  activatedAt: 'time',
} as const satisfies Fields

/** What devices may be sorted by. */
export const deviceSorts = [
  'name',
  'lastcheckin',
  'createdAt',
  'battery.level',
  'group',
  'family',
  'os.release',
] as const satisfies (keyof typeof deviceFields)[]
export type DeviceSort = (typeof deviceSorts)[number]

/** What SIMs may be sorted by. */
export const simSorts = [
  'iccid',
  'name',
  'state',
  'usage.month',
  'createdAt',
] as const satisfies (keyof typeof simFields)[]
export type SimSort = (typeof simSorts)[number]

/** A field of a comparison: its name in the table, and the key behind it. */
export interface FieldName {
  readonly name: string
  readonly key: string
  readonly kind: FieldKind
}

/** Finds the field that a text names; undefined when there is none. Keys are of labels, markers and packages. */
export function fieldOf(fields: Fields, text: string): FieldName | undefined {
  const kind = Object.hasOwn(fields, text) && !text.endsWith('.') ? fields[text] : undefined
  if (kind !== undefined) return { name: text, key: '', kind }
  const name = Object.keys(fields).find((prefix) => prefix.endsWith('.') && text.startsWith(prefix))
  const prefixed = name === undefined ? undefined : fields[name]
  if (name === undefined || prefixed === undefined) return undefined
  const key = text.slice(name.length)
  const isKey = name === 'label.' ? labelKeyForm.test(key) : key !== ''
  return isKey ? { name, key, kind: prefixed } : undefined
}

/** The fields as they are named in a filter. */
export const fieldNames = (fields: Fields): string[] =>
  Object.keys(fields).map((name) => (name.endsWith('.') ? `${name}<${name === 'app.' ? 'package' : 'key'}>` : name))
