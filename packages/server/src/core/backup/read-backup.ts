import { createHash, hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { type Backup, format, Head, Manifest, parts, type Table } from './contents.ts'
import { cutOff, damaged, newer } from './faults.ts'
import { readArchive } from './read-archive.ts'

/** Takes what a backup has, before it is known whether the backup is whole. */
export interface Receiver {
  head(head: Head): Promise<void>
  /** Some of the rows of a table; tables come one after another. */
  rows(table: Table, bytes: AsyncIterable<Buffer>): Promise<void>
  file(sha256: string, bytes: AsyncIterable<Buffer>): Promise<void>
  key(text: string): Promise<void>
}

/**
 * Reads a backup to its end, and compares all of it with what was written.
 *
 * @throws when a byte is missing or is another one.
 */
export async function readBackup(input: Readable, receiver: Receiver): Promise<Backup> {
  const reader = new BackupReader(receiver)
  try {
    for await (const { name, bytes } of readArchive(input)) await reader.part(name, bytes)
  } catch (error) {
    throw explained(error as NodeJS.ErrnoException)
  }
  return reader.end()
}

/** What the unpacking says of damage; any other error as it is. */
function explained(error: NodeJS.ErrnoException): Error {
  const { code = '', message } = error
  const isDamage = /^(ZSTD_|Z_)/.test(code) || /^(Invalid tar header|Unexpected end of data)/.test(message)
  return isDamage || error instanceof SyntaxError ? damaged(message) : error
}

class BackupReader {
  readonly #receiver: Receiver
  #head: Head | undefined
  #headDigest = ''
  #manifest: Manifest | undefined
  #key: string | null = null
  readonly #files = new Map<string, number>()
  readonly #tables = new Map<string, { digest: ReturnType<typeof createHash>; rows: number }>()

  constructor(receiver: Receiver) {
    this.#receiver = receiver
  }

  async part(name: string, bytes: AsyncIterable<Buffer>): Promise<void> {
    if (this.#manifest) throw damaged(`${name} comes after its end`)
    const [, kind, of = ''] = /^(tables|files)\/([^/]+)/.exec(name) ?? []
    if (name === parts.head) await this.#readHead(await whole(bytes))
    else if (!this.#head) throw damaged('it has no head')
    else if (kind === 'tables') await this.#readRows(of, bytes)
    else if (kind === 'files') await this.#readFile(of, bytes)
    else if (name === parts.key) await this.#readKey(await whole(bytes))
    else if (name === parts.manifest) this.#manifest = parsed(Manifest, await whole(bytes), name)
    else throw damaged(`it has a part ${name}, which nobody knows`)
  }

  async #readHead(text: Buffer): Promise<void> {
    const json = JSON.parse(text.toString()) as { format?: unknown; program?: unknown }
    if (typeof json.format === 'number' && json.format > format)
      throw newer(String(json.program), `the form ${json.format}`)
    this.#head = parsed(Head, text, parts.head)
    this.#headDigest = hash('sha256', text)
    await this.#receiver.head(this.#head)
  }

  async #readRows(name: string, bytes: AsyncIterable<Buffer>): Promise<void> {
    const table = this.#head?.tables.find((one) => one.name === name)
    if (!table) throw damaged(`it has rows of a table ${name}, which its head does not name`)
    const read = this.#tables.get(name) ?? { digest: createHash('sha256'), rows: 0 }
    this.#tables.set(name, read)
    await this.#receiver.rows(
      table,
      seen(bytes, (chunk) => {
        read.digest.update(chunk)
        read.rows += lines(chunk)
      }),
    )
  }

  async #readFile(sha256: string, bytes: AsyncIterable<Buffer>): Promise<void> {
    const digest = createHash('sha256')
    let size = 0
    const watched = seen(bytes, (chunk) => {
      digest.update(chunk)
      size += chunk.length
    })
    await this.#receiver.file(sha256, watched)
    if (digest.digest('hex') !== sha256) throw damaged(`the file ${sha256} has other bytes`)
    this.#files.set(sha256, size)
  }

  async #readKey(text: Buffer): Promise<void> {
    this.#key = hash('sha256', text)
    await this.#receiver.key(text.toString())
  }

  /** Compares what was read with what was written. */
  end(): Backup {
    const [head, manifest] = [this.#head, this.#manifest]
    if (!head || !manifest) throw cutOff()
    if (manifest.head !== this.#headDigest) throw damaged('its head has other bytes')
    if (manifest.key !== this.#key) throw damaged('its encryption key is another one')
    for (const { name, rows, sha256 } of manifest.tables) {
      const { digest = createHash('sha256'), rows: found = 0 } = this.#tables.get(name) ?? {}
      if (found !== rows) throw damaged(`the table ${name} has ${found} rows of ${rows}`)
      if (digest.digest('hex') !== sha256) throw damaged(`the table ${name} has other bytes`)
    }
    for (const { sha256, size } of manifest.files)
      if (this.#files.get(sha256) !== size) throw damaged(`the file ${sha256} is missing`)
    if (manifest.files.length !== this.#files.size || manifest.tables.length !== head.tables.length)
      throw damaged('it has more than was written')
    return { head, manifest }
  }
}

function parsed<Schema extends TSchema>(schema: Schema, text: Buffer, name: string): Static<Schema> {
  const json: unknown = JSON.parse(text.toString())
  if (!Value.Check(schema, json)) throw damaged(`${name} has another form`)
  return json
}

async function whole(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function* seen(bytes: AsyncIterable<Buffer>, look: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    look(chunk)
    yield chunk
  }
}

/** COPY ends each row by a line feed, and writes one inside of a value as two other characters. */
function lines(chunk: Buffer): number {
  let count = 0
  for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) count++
  return count
}
