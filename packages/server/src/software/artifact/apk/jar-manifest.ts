import { hash } from 'node:crypto'

/** A part of MANIFEST.MF or of a signature file: what it says, and the bytes that a digest of it covers. */
export interface Section {
  bytes: Buffer
  attributes: ReadonlyMap<string, string>
}

interface JarManifest {
  main: Section
  /** By the entry that they are about. */
  entries: Map<string, Section>
}

/**
 * Reads what the JAR specification calls a manifest: sections that end with an empty line; lines of at most 72 bytes, of which the
 * next begins with a space where one goes on.
 *
 * @throws Error when two sections are about one entry, or one about none.
 */
export function readJarManifest(bytes: Buffer, file: string): JarManifest {
  const [main = { bytes: Buffer.alloc(0), attributes: new Map() }, ...sections] = split(bytes, file)
  const entries = new Map<string, Section>()
  for (const section of sections) {
    const name = section.attributes.get('name')
    if (name === undefined) throw new Error(`its ${file} has a section without a name`)
    if (entries.has(name)) throw new Error(`its ${file} names ${JSON.stringify(name)} twice`)
    entries.set(name, section)
  }
  return { main, entries }
}

function split(bytes: Buffer, file: string): Section[] {
  const sections: Section[] = []
  let start = 0
  /** Each line in the pieces that it was folded into. */
  let lines: Buffer[][] = []
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(10, at)
    const next = found === -1 ? bytes.length : found + 1
    const line = withoutEnd(bytes.subarray(at, next))
    at = next
    if (line[0] === 0x20 && lines.length > 0) lines.at(-1)?.push(line.subarray(1))
    else if (line.length > 0) lines.push([line])
    const isOver = line.length === 0 || at === bytes.length
    if (!isOver) continue
    if (lines.length > 0) sections.push({ bytes: bytes.subarray(start, at), attributes: attributesOf(lines, file) })
    start = at
    lines = []
  }
  return sections
}

function withoutEnd(line: Buffer): Buffer {
  const end = line.at(-1) === 10 ? line.length - 1 : line.length
  return line.subarray(0, line[end - 1] === 13 ? end - 1 : end)
}

function attributesOf(lines: Buffer[][], file: string): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const line of lines) {
    const text = Buffer.concat(line).toString('utf8')
    const colon = text.indexOf(': ')
    const name = text.slice(0, colon).toLowerCase()
    if (colon < 1 || attributes.has(name)) throw new Error(`its ${file} has a line that is none: ${text.slice(0, 80)}`)
    attributes.set(name, text.slice(colon + 2))
  }
  return attributes
}

/** Strongest first, as Android looks for them. */
const algorithms = {
  'sha-512': 'sha512',
  'sha-384': 'sha384',
  'sha-256': 'sha256',
  sha1: 'sha1',
  'sha-1': 'sha1',
} as const

/** A digest as a section tells it. */
export interface Told {
  algorithm: string
  /** In base64. */
  digest: string
}

/** The strongest digest that a section tells of something; `what` is `-digest`, `-digest-manifest`, … */
export function statedDigest({ attributes }: Section, what: string): Told | undefined {
  for (const [name, algorithm] of Object.entries(algorithms)) {
    const digest = attributes.get(name + what)
    if (digest !== undefined) return { algorithm, digest: digest.trim() }
  }
  return undefined
}

export const holds = ({ algorithm, digest }: Told, bytes: Buffer): boolean =>
  hash(algorithm, bytes, 'base64') === digest
