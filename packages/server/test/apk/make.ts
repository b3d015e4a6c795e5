import { createHash, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'
import { certificate, der, distinguishedName, integer, nothing, octets, oid, sequence, set } from './der.ts'
import { type ManifestFields, makeManifest } from './manifest.ts'
import { makeZip, type Zip, type ZipEntry } from './zip.ts'

/** A key that signs apps, with its certificate. */
export interface SigningKey {
  subject: string
  privateKey: KeyObject
  publicKey: KeyObject
  certificate: Buffer
}

export function newSigningKey(subject = 'CN=Release,O=Example,C=DE'): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { subject, privateKey, publicKey, certificate: certificate(subject, publicKey, privateKey) }
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
}

/** A tiny APK, signed as Android's own tools sign. */
export function makeApk({
  schemes = ['v1', 'v2'],
  key = releaseKey,
  entries = [],
  manifest,
  ...fields
}: ApkOptions): Buffer {
  const files: ZipEntry[] = [
    { name: 'AndroidManifest.xml', data: manifest ?? makeManifest(fields) },
    { name: 'classes.dex', data: 'dex\n035\0' },
    ...entries,
  ]
  const blocks = schemes.filter((scheme) => scheme !== 'v1')
  const archive = makeZip(schemes.includes('v1') ? [...files, ...jarSignature(files, key, blocks)] : files)
  if (blocks.length === 0) return Buffer.concat([archive.entries, archive.directory, archive.end])
  const block = signingBlock(archive, key, blocks)
  const end = Buffer.from(archive.end)
  end.writeUInt32LE(archive.entries.length + block.length, 16)
  return Buffer.concat([archive.entries, block, archive.directory, end])
}

function jarSignature(files: ZipEntry[], key: SigningKey, others: Scheme[]): ZipEntry[] {
  const base64 = (data: Buffer | string) => hash('sha256', data, 'base64')
  const section = (name: string, digest: string) => `Name: ${name}\r\nSHA-256-Digest: ${digest}\r\n\r\n`
  const sections = files.map(({ name, data }) => ({ name, text: section(name, base64(data)) }))
  const manifest = `Manifest-Version: 1.0\r\n\r\n${sections.map(({ text }) => text).join('')}`
  const other =
    others.length > 0 ? `X-Android-APK-Signed: ${others.map((scheme) => scheme.slice(1)).join(', ')}\r\n` : ''
  const head = `Signature-Version: 1.0\r\nSHA-256-Digest-Manifest: ${base64(manifest)}\r\n${other}\r\n`
  const list = Buffer.from(head + sections.map(({ name, text }) => section(name, base64(text))).join(''))
  return [
    { name: 'META-INF/MANIFEST.MF', data: manifest },
    { name: 'META-INF/CERT.SF', data: list },
    { name: 'META-INF/CERT.RSA', data: pkcs7(list, key) },
  ]
}

const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'), nothing)
const rsa = sequence(oid('1.2.840.113549.1.1.1'), nothing)

/** A detached signature (RFC 2315 §9). */
function pkcs7(content: Buffer, { subject, privateKey, certificate: own }: SigningKey): Buffer {
  const signer = sequence(
    integer(1),
    sequence(distinguishedName(subject), integer(1)),
    sha256,
    rsa,
    octets(sign('sha256', content, privateKey)),
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

function signingBlock(archive: Zip, key: SigningKey, schemes: Scheme[]): Buffer {
  const digests = sized(sized(rsaPkcs1Sha256, sized(contentDigest(archive))))
  const publicKey = sized(key.publicKey.export({ type: 'spki', format: 'der' }))
  const levels = Buffer.concat([uint32(28), uint32(0x7fffffff)])
  const pairs = schemes.flatMap((scheme) => {
    if (scheme === 'v1') return []
    const isV3 = scheme === 'v3'
    const data = Buffer.concat([digests, sized(sized(key.certificate)), ...(isV3 ? [levels] : []), sized()])
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
    Array.from({ length: Math.ceil(part.length / 2 ** 20) }, (_, place) =>
      part.subarray(place * 2 ** 20, (place + 1) * 2 ** 20),
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
