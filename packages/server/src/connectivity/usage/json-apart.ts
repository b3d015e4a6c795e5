import { isUtf8 } from 'node:buffer'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError } from '../../core/errors.ts'
import { parseJsonText } from '../../core/http/body.ts'

const head = /^\s*\{\s*"records"\s*:\s*\[\s*/
const tail = /^\s*\]\s*\}\s*$/

/**
 * The records of a large JSON body, read some in each turn of the event loop.
 *
 * @returns nothing for a body that is not `{"records":[{…},…]}` and for one with any fault: read whole, it says what is wrong.
 */
export async function recordsApart(body: Buffer, inTurn: number): Promise<unknown[] | undefined> {
  if (!isUtf8(body)) return undefined
  const text = body.toString('utf8')
  const [start] = head.exec(text) ?? []
  if (start === undefined) return undefined
  const records: unknown[] = []
  for (let at = start.length; ; ) {
    const end = endOfObject(text, at)
    const value = end === -1 ? undefined : read(text.slice(at, end))
    if (value === undefined) return undefined
    records.push(value)
    const next = afterComma(text, end)
    if (next === -1) return tail.test(text.slice(end)) ? records : undefined
    at = next
    if (records.length % inTurn === 0) await nextTurn()
  }
}

function read(text: string): unknown {
  try {
    return parseJsonText(text)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

const [quote, backslash, comma, opening, closing] = [34, 92, 44, 123, 125]

/** Where the object ends that begins here; -1 where none does. Objects that it holds are counted, and what is in quotes is passed over. */
function endOfObject(text: string, start: number): number {
  if (text.charCodeAt(start) !== opening) return -1
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      at = endOfText(text, at)
      if (at === -1) return -1
    } else if (code === opening) depth++
    else if (code === closing && --depth === 0) return at + 1
  }
  return -1
}

function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) return at
    if (code === backslash) at++
  }
  return -1
}

const isSpace = (code: number) => code === 32 || code === 10 || code === 13 || code === 9

/** Where the next record begins; -1 where none follows. */
function afterComma(text: string, start: number): number {
  let at = start
  while (isSpace(text.charCodeAt(at))) at++
  if (text.charCodeAt(at) !== comma) return -1
  for (at++; isSpace(text.charCodeAt(at)); at++);
  return at
}
