import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** Ends a stream whose source says nothing for so long, counted only while somebody waits for bytes. */
export const endWhenSilent = (source: Readable, silentMs: number): Readable =>
  Readable.from(readWithin(source, silentMs), { objectMode: false })

async function* readWithin(source: Readable, silentMs: number): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const waiting = new AbortController()
      const late = sleep(silentMs, undefined, { signal: waiting.signal, ref: false }).then(() => {
        throw new Error(`The storage sent nothing for ${silentMs / 1000} seconds`)
      })
      try {
        const { done, value } = await Promise.race([chunks.next(), late])
        if (done) return
        yield value
      } finally {
        late.catch(() => {})
        waiting.abort()
      }
    }
  } finally {
    source.destroy()
  }
}
