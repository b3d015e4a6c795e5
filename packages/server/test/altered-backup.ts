import { hash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { type Head, type Manifest, parts } from '../src/core/backup/contents.ts'
import { readArchive } from '../src/core/backup/read-archive.ts'
import { ArchiveWriter } from '../src/core/backup/write-archive.ts'

interface Alteration {
  head(head: Head): void
}

/** Writes a backup as another program would have, with a manifest that is right. */
export async function alter(from: string, to: string, { head }: Alteration): Promise<void> {
  const archive = new ArchiveWriter(createWriteStream(to))
  let headDigest = ''
  for await (const { name, bytes } of readArchive(createReadStream(from))) {
    const content = await whole(bytes)
    if (name === parts.head) {
      const altered = alteredJson<Head>(content, head)
      headDigest = hash('sha256', altered)
      await archive.add(name, altered)
    } else if (name === parts.manifest)
      await archive.add(
        name,
        alteredJson<Manifest>(content, (manifest) => {
          manifest.head = headDigest
        }),
      )
    else await archive.add(name, content)
  }
  await archive.end()
}

function alteredJson<Value>(content: Buffer, change: (value: Value) => void): Buffer {
  const value = JSON.parse(content.toString()) as Value
  change(value)
  return Buffer.from(JSON.stringify(value))
}

async function whole(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}
