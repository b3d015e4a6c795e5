import { peek } from './peek.ts'
import { refusal } from './refusal.ts'

const asCsv = 'save it as CSV'
const unpacked = 'send it with gzip or unpacked'

/** What files that are no text begin with, byte by byte. */
const kinds: readonly [start: string, is: string][] = [
  ['PK\x03\x04', `a ZIP file or a workbook: ${asCsv}`],
  ['\xd0\xcf\x11\xe0', `a workbook of Excel: ${asCsv}`],
  ['%PDF-', `a PDF: ${asCsv}`],
  ['\x1f\x8b', 'packed with gzip twice: pack it once'],
  ['\xfd7zXZ', `packed with xz: ${unpacked}`],
  ['\x28\xb5\x2f\xfd', `packed with zstd: ${unpacked}`],
  ['BZh91AY&SY', `packed with bzip2: ${unpacked}`],
  ['x\x01', `packed with deflate: ${unpacked}`],
  ['x\x9c', `packed with deflate: ${unpacked}`],
  ['x\xda', `packed with deflate: ${unpacked}`],
  ['\xff\xfe\0\0', 'in UTF-32: send UTF-8'],
  ['\0\0\xfe\xff', 'in UTF-32: send UTF-8'],
]

const longestStart = 10

/** @throws AppError that says what the body is, where its first bytes show that it is no text. */
export async function refuseForeign(pieces: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> {
  const [start, whole] = await peek(pieces, longestStart)
  const text = start.toString('latin1')
  const kind = kinds.find(([begin]) => text.startsWith(begin))
  if (kind) throw refusal(`The body is ${kind[1]}`)
  return whole
}
