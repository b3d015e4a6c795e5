import { createHash, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'
import {
  certificate,
  der,
  distinguishedName,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  set,
  type Validity,
} from './der.ts'
import { type ManifestFields, makeManifest } from './manifest.ts'
import { makeZip, type Zip, type ZipEntry } from './zip.ts'

/** A key that signs apps, with its certificate. */
export interface SigningKey {
  subject: string
  privateKey: KeyObject
  publicKey: KeyObject
  certificate: Buffer
}

export function newSigningKey(subject = 'CN=Release,O=Example,C=DE', valid?: Validity): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { subject, privateKey, publicKey, certificate: certificate(subject, publicKey, privateKey, valid) }
}

/** One for all tests: making a key takes a while. */
export const releaseKey = newSigningKey()

type Scheme = 'v1' | 'v2' | 'v3'

interface ApkOptions extends ManifestFields {
  schemes?: Scheme[]
  key?: SigningKey
  /** Entries beside the manifest. */
  entries?: ZipEntry[]
  manifest?: Buffer
  jar?: JarOptions
  /** A scheme whose signature is taken off again. */
  stripped?: Scheme
}

/** How scheme 1 signs. */
interface JarOptions {
  digest?: 'sha1' | 'sha256' | 'sha384' | 'sha512'
  /** Whether the list has a digest of MANIFEST.MF as a whole. */
  hasWhole?: boolean
  isAttested?: boolean
  /** Entries that are not signed. */
  unlisted?: string[]
  /** An entry whose section has another digest in the list. */
  wrong?: string
}

/** A tiny APK, signed as Android's own tools sign. */
export function makeApk(options: ApkOptions): Buffer {
  const { schemes = ['v1', 'v2'], key = releaseKey } = options
  const blocks = schemes.filter((scheme) => scheme !== 'v1')
  const archive = makeZip(schemes.includes('v1') ? signedFiles(options) : filesOf(options))
  if (blocks.length === 0) return Buffer.concat([archive.entries, archive.directory, archive.end])
  const block = signingBlock(archive, key, blocks, options.stripped)
  const end = Buffer.from(archive.end)
  end.writeUInt32LE(archive.entries.length + block.length, 16)
  return Buffer.concat([archive.entries, block, archive.directory, end])
}

const filesOf = ({ entries = [], manifest, ...fields }: ApkOptions): ZipEntry[] => [
  { name: 'AndroidManifest.xml', data: manifest ?? makeManifest(fields) },
  { name: 'classes.dex', data: 'dex\n035\0' },
  ...entries,
]

/** The entries of an APK that is signed by scheme 1, those of its signature last. */
export function signedFiles(options: ApkOptions): ZipEntry[] {
  const { schemes = ['v1'], key = releaseKey, jar = {} } = options
  const files = filesOf(options)
  return [
    ...files,
    ...jarSignature(
      files,
      key,
      schemes.filter((scheme) => scheme !== 'v1'),
      jar,
    ),
  ]
}

const jarDigests = { sha1: 'SHA1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const

function jarSignature(files: ZipEntry[], key: SigningKey, others: Scheme[], options: JarOptions): ZipEntry[] {
  const { digest = 'sha256', hasWhole = true, isAttested = false, unlisted = [], wrong } = options
  const word = jarDigests[digest]
  const base64 = (data: Buffer | string) => hash(digest, data, 'base64')
  const section = (name: string, text: string) => `${folded(`Name: ${name}`)}${word}-Digest: ${text}\r\n\r\n`
  const sections = files
    .filter(({ name }) => !unlisted.includes(name))
    .map(({ name, data }) => ({ name, text: section(name, base64(data)) }))
  const manifest = `Manifest-Version: 1.0\r\n\r\n${sections.map(({ text }) => text).join('')}`
  const other =
    others.length > 0 ? `X-Android-APK-Signed: ${others.map((scheme) => scheme.slice(1)).join(', ')}\r\n` : ''
  const own = `${word}-Digest-Manifest-Main-Attributes: ${base64('Manifest-Version: 1.0\r\n\r\n')}\r\n`
  const whole = hasWhole ? `${word}-Digest-Manifest: ${base64(manifest)}\r\n` : own
  const head = `Signature-Version: 1.0\r\n${whole}${other}\r\n`
  const list = sections.map(({ name, text }) => section(name, base64(name === wrong ? 'other' : text)))
  const signed = Buffer.from(head + list.join(''))
  return [
    { name: 'META-INF/MANIFEST.MF', data: manifest },
    { name: 'META-INF/CERT.SF', data: signed },
    { name: 'META-INF/CERT.RSA', data: pkcs7(signed, key, isAttested) },
  ]
}

/** Lines have 72 bytes at most; the rest goes on behind a space. */
function folded(line: string): string {
  const lines = line.length <= 70 ? [line] : [line.slice(0, 70), ...(line.slice(70).match(/.{1,69}/g) ?? [])]
  return `${lines.join('\r\n ')}\r\n`
}

const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'), nothing)
const rsa = sequence(oid('1.2.840.113549.1.1.1'), nothing)

/** A detached signature (RFC 2315 §9), of the content itself or of attributes that attest it. */
function pkcs7(content: Buffer, { subject, privateKey, certificate: own }: SigningKey, isAttested: boolean): Buffer {
  const attributes = Buffer.concat([
    sequence(oid('1.2.840.113549.1.9.3'), set(oid('1.2.840.113549.1.7.1'))),
    sequence(oid('1.2.840.113549.1.9.4'), set(octets(hash('sha256', content, 'buffer')))),
  ])
  const signer = sequence(
    integer(1),
    sequence(distinguishedName(subject), integer(1)),
    sha256,
    ...(isAttested ? [der(0xa0, attributes)] : []),
    rsa,
    octets(sign('sha256', isAttested ? set(attributes) : content, privateKey)),
  )
  const signedData = sequence(
    integer(1),
    set(sha256),
    sequence(oid('1.2.840.113549.1.7.1')),
    der(0xa0, own),
    set(signer),
  )
  return sequence(oid('1.2.840.113549.1.7.2'), der(0xa0, signedData))
}

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
const sized = (...parts: Buffer[]) => {
  const bytes = Buffer.concat(parts)
  return Buffer.concat([uint32(bytes.length), bytes])
}

const rsaPkcs1Sha256 = uint32(0x0103)
const blockIds = { v2: 0x7109871a, v3: 0xf05368c0 }

function signingBlock(archive: Zip, key: SigningKey, schemes: Scheme[], stripped?: Scheme): Buffer {
  const digests = sized(sized(rsaPkcs1Sha256, sized(contentDigest(archive))))
  const publicKey = sized(key.publicKey.export({ type: 'spki', format: 'der' }))
  const levels = Buffer.concat([uint32(28), uint32(0x7fffffff)])
  // Scheme 2 says that scheme 3 is there, too.
  const attributes = (isV3: boolean) =>
    !isV3 && schemes.includes('v3') ? sized(sized(uint32(0xbeeff00d), uint32(3))) : sized()
  const pairs = schemes.flatMap((scheme) => {
    if (scheme === 'v1' || scheme === stripped) return []
    const isV3 = scheme === 'v3'
    const data = Buffer.concat([digests, sized(sized(key.certificate)), ...(isV3 ? [levels] : []), attributes(isV3)])
    const signatures = sized(sized(rsaPkcs1Sha256, sized(sign('sha256', data, key.privateKey))))
    const signer = sized(sized(data), ...(isV3 ? [levels] : []), signatures, publicKey)
    const value = Buffer.concat([uint32(blockIds[scheme]), sized(signer)])
    return [Buffer.concat([uint64(value.length), value])]
  })
  const body = Buffer.concat(pairs)
  const size = uint64(body.length + 24)
  return Buffer.concat([size, body, size, Buffer.from('APK Sig Block 42')])
}

const uint64 = (value: number) => Buffer.concat([uint32(value), uint32(0)])

function contentDigest({ entries, directory, end }: Zip): Buffer {
  const chunks = [entries, directory, end].flatMap((part) =>
    Array.from({ length: Math.ceil(part.length / 2 ** 20) }, (_, index) =>
      part.subarray(index * 2 ** 20, (index + 1) * 2 ** 20),
    ),
  )
  const digests = chunks.map((chunk) =>
    createHash('sha256')
      .update(Buffer.from([0xa5]))
      .update(uint32(chunk.length))
      .update(chunk)
      .digest(),
  )
  return createHash('sha256')
    .update(Buffer.from([0x5a]))
    .update(uint32(digests.length))
    .update(Buffer.concat(digests))
    .digest()
}
