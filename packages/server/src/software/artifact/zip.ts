import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import yauzl from 'yauzl'

const limits = {
  entries: 65_535,
  /** What the names of all entries take: 256 bytes each, of so many. */
  names: 16 * 2 ** 20,
  /** What all entries together may inflate to. */
  bytes: 8 * 2 ** 30,
  /** Below this no ratio is suspicious; DEFLATE itself reaches 1,032. */
  ratioFrom: 64 * 2 ** 20,
  ratio: 100,
  /** What one entry whose content is asked for may inflate to. */
  wanted: 8 * 2 ** 20,
  /** The same of all such entries. */
  wantedInAll: 64 * 2 ** 20,
}

/** Bytes of an entry as they come; `end` once all of them have. */
export interface Listener {
  update(chunk: Buffer): unknown
  end(): void
}

/**
 * Reads an archive whole, without believing its directory: every entry is inflated and its real size counted, which the
 * directory must have told. Names that leave the folder or stand there twice are refused.
 *
 * @returns the contents of the entries that are wanted, and the size of what all inflate to.
 * @throws Error that says what is wrong with it.
 */
export async function readZip(
  file: string,
  size: number,
  isWanted: (name: string) => boolean,
  listenTo: (name: string) => Listener | undefined = () => undefined,
): Promise<{ names: Set<string>; contents: Map<string, Buffer> }> {
  const zip = await yauzl.openPromise(file, { strictFileNames: true })
  const names = new Set<string>()
  const contents = new Map<string, Buffer>()
  const inflation = new Inflation(size)
  let nameBytes = 0
  try {
    if (zip.entryCount > limits.entries) throw new Error(`it has more than ${limits.entries} entries`)
    for await (const entry of zip.eachEntry()) {
      nameBytes += entry.fileNameRaw.length
      if (nameBytes > limits.names) throw new Error('the names of its entries take far more than they should')
      const fileName = nameOf(entry)
      if (names.has(fileName)) throw new Error(`it holds ${quoted(fileName)} twice`)
      names.add(fileName)
      if (entry.isEncrypted()) throw new Error(`${quoted(fileName)} is encrypted`)
      const kept: Buffer[] | undefined = isWanted(fileName) ? [] : undefined
      const listener = listenTo(fileName)
      const count = inflation.counterOf(fileName, kept !== undefined)
      for await (const chunk of (await zip.openReadStreamPromise(entry)) as Readable & AsyncIterable<Buffer>) {
        count(chunk.length)
        kept?.push(chunk)
        listener?.update(chunk)
      }
      listener?.end()
      if (kept) contents.set(fileName, Buffer.concat(kept))
    }
  } finally {
    zip.close()
  }
  return { names, contents }
}

/** Counts what an archive inflates to. */
class Inflation {
  readonly #archiveSize: number
  #inAll = 0
  #wantedInAll = 0

  constructor(archiveSize: number) {
    this.#archiveSize = archiveSize
  }

  /** Counts the bytes of one entry, and throws once they are beyond a limit. */
  counterOf(name: string, isWanted: boolean): (bytes: number) => void {
    const limit = isWanted ? limits.wanted : limits.bytes
    let size = 0
    return (bytes) => {
      size += bytes
      this.#inAll += bytes
      if (isWanted) this.#wantedInAll += bytes
      if (size > limit) throw new Error(`${quoted(name)} inflates to more than ${limit} bytes`)
      if (this.#isSuspicious) throw new Error('it inflates to far more than it should')
      if (this.#wantedInAll > limits.wantedInAll) throw new Error('its signatures take far more than they should')
    }
  }

  get #isSuspicious(): boolean {
    const inAll = this.#inAll
    return inAll > limits.bytes || (inAll > limits.ratioFrom && inAll > this.#archiveSize * limits.ratio)
  }
}

/** Android takes names for UTF-8 even where they do not say that they are. */
const nameOf = ({ fileName, fileNameRaw }: yauzl.Entry) =>
  isUtf8(fileNameRaw) ? fileNameRaw.toString('utf8') : fileName

const quoted = (name: string) => JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name)
