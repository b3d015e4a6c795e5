import { Device } from '@mason/contract/device'
import { type DeviceLine, DeviceLine as Line } from '@mason/contract/job'
import { labelKeyForm } from '@mason/contract/label'
import { AppError } from '../../core/errors.ts'
import type { Columns } from '../../core/http/rows/csv.ts'
import { withoutGuard } from '../../core/http/rows/spreadsheet.ts'
import { bodyReader } from '../../core/http/validation.ts'

/** A line as it waits: its filled cells by column, whichever form it came in. */
export type Cells = Record<string, string | null>

const identifiers = ['id', 'serialnumber', 'imei']
const labelPrefix = 'label.'
const members = Object.keys(Line.properties).filter((name) => name !== 'labels')
/** What an export of devices says of each beyond what a line may say; it is passed over. */
const otherMembers = new Set(Object.keys(Device.properties).filter((name) => !Object.hasOwn(Line.properties, name)))

export const columns: Columns = {
  nameOf: (header) => {
    const lower = header.toLowerCase()
    if (lower.startsWith(labelPrefix)) return labelKeyForm.test(lower.slice(labelPrefix.length)) ? lower : undefined
    return members.find((name) => name === lower)
  },
  required: [],
  oneOf: identifiers,
}

const texts = new Set(['name', 'group', 'notes'])

/** The cells of a row of CSV. */
export const cellsOfRow = (row: unknown): Cells =>
  Object.fromEntries(
    Object.entries(row as Record<string, string>).map(([name, cell]) => [
      name,
      texts.has(name) || name.startsWith(labelPrefix) ? withoutGuard(cell) : cell.trim(),
    ]),
  )

const readLine = bodyReader(Line)

/** A line that is no row of CSV, as one: a group may be the link that a device has. @throws AppError for what cannot be read. */
export function cellsOfJson(value: unknown): Cells {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AppError('invalid_request_error', 'must be a JSON object')
  const line = Object.fromEntries(Object.entries(value).filter(([name]) => !otherMembers.has(name)))
  if (typeof line.group === 'object' && line.group !== null && 'name' in line.group) line.group = line.group.name
  const { labels = {}, ...rest } = readLine(line)
  const labelCells = Object.entries(labels).map(([key, label]) => [labelPrefix + key, label])
  return { ...rest, ...Object.fromEntries(labelCells) }
}

/** @throws AppError for a line that is wrong. */
export function lineOf(cells: Cells): DeviceLine {
  const labels: Record<string, string | null> = {}
  const line: Record<string, unknown> = {}
  for (const [name, cell] of Object.entries(cells))
    if (name.startsWith(labelPrefix)) labels[name.slice(labelPrefix.length)] = cell
    else line[name] = cell
  if (!identifiers.some((name) => Object.hasOwn(line, name)))
    throw new AppError('invalid_request_error', 'has no id, serialnumber or imei')
  return readLine({ ...line, ...(Object.keys(labels).length > 0 && { labels }) })
}
