import { TextDecoder } from 'node:util'
import { peek } from './peek.ts'
import { refusal } from './refusal.ts'

const utf8Names = ['utf-8', 'utf8', 'us-ascii', 'ascii']

/**
 * The same text as UTF-8. A byte order mark says more than the Content-Type; UTF-16 is known without one too, by the zeros
 * that its first letters have.
 */
export async function* toUtf8(pieces: AsyncIterable<Buffer>, charset: string | undefined): AsyncGenerator<Buffer> {
  const [start, whole] = await peek(pieces, 4)
  const encoding = encodingOf(start) ?? charset ?? 'utf-8'
  if (utf8Names.includes(encoding)) yield* withoutMark(whole)
  else yield* transcoded(whole, encoding)
}

function encodingOf([first, second, third]: Buffer): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first && second === 0) return 'utf-16le'
  return first === 0 && second ? 'utf-16be' : undefined
}

async function* withoutMark(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const [start, whole] = await peek(pieces, 3)
  let left = start.equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0
  for await (const piece of whole) {
    const skipped = Math.min(left, piece.length)
    left -= skipped
    if (skipped < piece.length) yield piece.subarray(skipped)
  }
}

async function* transcoded(pieces: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = decoderOf(encoding)
  const decode = (piece?: Buffer) => {
    try {
      return Buffer.from(piece ? decoder.decode(piece, { stream: true }) : decoder.decode())
    } catch {
      throw refusal(`The body is not valid ${encoding}`)
    }
  }
  for await (const piece of pieces) {
    const text = decode(piece)
    if (text.length > 0) yield text
  }
  const rest = decode()
  if (rest.length > 0) yield rest
}

function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true })
  } catch {
    throw refusal(`The charset ${JSON.stringify(encoding.slice(0, 50))} is not one that is read: send UTF-8`)
  }
}
