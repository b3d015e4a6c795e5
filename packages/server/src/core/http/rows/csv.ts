import { carriageReturn, endOfRow, lineFeed } from './cut.ts'
import { refusal } from './refusal.ts'

/** The columns that a call knows. */
export interface Columns {
  /** The column that a name in a header stands for, in whatever letter case; undefined for one that is not known. */
  nameOf(header: string): string | undefined
  required: readonly string[]
  /** Of these there must be one. */
  oneOf?: readonly string[]
}

/** What the first lines of a CSV say of those that follow. */
export interface Header {
  newline: number
  separator: string
  /** Of each column its name; undefined for those that are ignored. */
  names: (string | undefined)[]
  ignored: string[]
  /** Where the rows begin, and on which line. */
  end: number
  line: number
}

const separators = [',', ';', '\t', '|']
const codeOf = (separator: string) => separator.charCodeAt(0)
const maxHeaderBytes = 2 ** 20
const maxCellBytes = 64 * 1024
const maxIgnored = 1_000

const codes = separators.map(codeOf)

/**
 * Reads the header: its names, what parts cells and what ends lines. A first line `sep=;` says what parts them.
 *
 * @param start of the body.
 * @param isAll whether nothing follows.
 * @returns undefined where not all of the header is there yet.
 * @throws AppError for a header that is wrong.
 */
export function readHeader(start: Buffer, columns: Columns, isAll: boolean): Header | undefined {
  const newline = newlineOf(start)
  let [index, line] = [0, 1]
  let said: string | undefined
  while (index < start.length) {
    const found = endOfRow(start, index, codes, [newline])
    if (found === -1 && !isAll) break
    const row = start.subarray(index, found === -1 ? start.length : found)
    index += row.length + 1
    line += 1 + row.filter((byte) => byte === newline).length
    const text = row.toString('utf8')
    const separator = /^"?sep=([,;\t|])"?\r?$/i.exec(text)?.[1]
    if (separator !== undefined && said === undefined) said = separator
    else if (text.trim() !== '') return { ...columnsIn(text, said, columns), newline, end: index, line }
  }
  if (isAll) throw refusal('The body has no header')
  if (start.length > maxHeaderBytes) throw refusal('The header has no end')
  return undefined
}

/** Lines end with a carriage return alone where the first one does. */
function newlineOf(start: Buffer): number {
  const first = endOfRow(start, 0, codes, [lineFeed, carriageReturn])
  const isAlone = first !== -1 && first + 1 < start.length && start[first + 1] !== lineFeed
  return isAlone && start[first] === carriageReturn ? carriageReturn : lineFeed
}

interface HeaderCells {
  separator: string
  headers: string[]
  names: (string | undefined)[]
}

function columnsIn(text: string, said: string | undefined, columns: Columns) {
  const { required, oneOf } = columns
  const has = ({ names }: HeaderCells) => ({
    missing: required.find((name) => !names.includes(name)),
    hasOne: oneOf === undefined || oneOf.some((name) => names.includes(name)),
  })
  const isWhole = (cells: HeaderCells) => has(cells).missing === undefined && has(cells).hasOne
  const readings = (said === undefined ? separators : [said]).flatMap((separator) =>
    headerCells(text, separator, columns),
  )
  readings.sort((one, other) => other.headers.length - one.headers.length)
  const reading = readings.find(isWhole) ?? readings[0]
  if (!reading) throw refusal('The header has a quote that is not closed, or stands inside a cell')
  const { separator, headers, names } = reading
  const twice = names.find((name, index) => name !== undefined && names.indexOf(name) !== index)
  if (twice !== undefined) throw refusal(`The column ${twice} appears twice`)
  const { missing, hasOne } = has(reading)
  const there = `there are ${headers.slice(0, 20).join(', ').slice(0, 300)}`
  if (missing !== undefined) throw refusal(`The column ${missing} is missing; ${there}`)
  if (!hasOne) throw refusal(`One of the columns ${oneOf?.join(', ')} is missing; ${there}`)
  const ignored = headers.filter((header, index) => header !== '' && names[index] === undefined)
  return { separator, names, ignored: [...new Set(ignored)].slice(0, maxIgnored).map((name) => name.slice(0, 100)) }
}

/** How the header reads with a separator; not at all where quotes stand wrong. Columns without a name at its end are none. */
function headerCells(text: string, separator: string, { nameOf }: Columns): HeaderCells[] {
  try {
    const headers = readCells(text, separator).map((name) => name.replace(/\p{Cf}/gu, '').trim())
    while (headers.at(-1) === '') headers.pop()
    return [{ separator, headers, names: headers.map(nameOf) }]
  } catch {
    return []
  }
}

/**
 * The filled cells of a row by column; undefined where there are none, as spreadsheets fill up their ends.
 *
 * @throws AppError for a row that is wrong.
 */
export function readRecord({ names, separator }: Header, text: string): Record<string, string> | undefined {
  const cells = readCells(text, separator)
  while (cells.length > names.length && cells.at(-1) === '') cells.pop()
  if (cells.length !== names.length) {
    if (cells.every((cell) => cell === '')) return undefined
    throw refusal(`has ${cells.length} cells where the header has ${names.length} columns`)
  }
  const record: Record<string, string> = {}
  let isEmpty = true
  for (let index = 0; index < cells.length; index++) {
    const cell = cells[index]
    if (!cell) continue
    isEmpty = false
    const name = names[index]
    if (name !== undefined) record[name] = cell
  }
  return isEmpty ? undefined : record
}

/** The cells of a row (RFC 4180). */
function readCells(row: string, separator: string): string[] {
  const text = row.endsWith('\r') ? row.slice(0, -1) : row
  if (text.includes('\0')) throw refusal('holds a NUL character')
  const cells = text.includes('"') ? quotedCells(text, separator) : text.split(separator)
  if (text.length * 3 > maxCellBytes && cells.some((cell) => Buffer.byteLength(cell) > maxCellBytes))
    throw refusal(`has a cell that is longer than ${maxCellBytes} bytes`)
  return cells
}

function quotedCells(text: string, separator: string): string[] {
  const cells: string[] = []
  for (let index = 0; ; index++) {
    const { cell, end } = text[index] === '"' ? quotedCell(text, index) : plainCell(text, index, separator)
    cells.push(cell)
    if (end === text.length) return cells
    if (text[end] !== separator) throw refusal('has text after the quote that closes a cell')
    index = end
  }
}

interface Cell {
  cell: string
  end: number
}

/** Portals write this as it is, so that spreadsheets leave a number alone. */
const guardForm = /^\s*="[^"]*"\s*$/

function plainCell(text: string, start: number, separator: string): Cell {
  const found = text.indexOf(separator, start)
  const end = found === -1 ? text.length : found
  const cell = text.slice(start, end)
  if (cell.includes('"') && !guardForm.test(cell))
    throw refusal('has a quote inside a cell that does not begin with one')
  return { cell, end }
}

function quotedCell(text: string, start: number): Cell {
  let cell = ''
  for (let index = start + 1; ; ) {
    const quote = text.indexOf('"', index)
    if (quote === -1) throw refusal('has a quote that is not closed')
    cell += text.slice(index, quote)
    if (text[quote + 1] !== '"') return { cell, end: quote + 1 }
    cell += '"'
    index = quote + 2
  }
}
