import type { ByteRange } from '../storage/storage.ts'

/**
 * Reads a Range header (RFC 9110 §14.2). A part that lies beyond the end is none; several parts, another unit and what
 * cannot be read are answered with the whole, as the RFC allows.
 */
export function readRange(header: string, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const [, start = '', end = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header) ?? []
  if (start === '' && end === '') return 'whole'
  if (start === '') {
    const length = Math.min(Number(end), size)
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 }
  }
  if (end !== '' && Number(end) < Number(start)) return 'whole'
  if (Number(start) >= size) return 'unsatisfiable'
  return { first: Number(start), last: end === '' ? size - 1 : Math.min(Number(end), size - 1) }
}
