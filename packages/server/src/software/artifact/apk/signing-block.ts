import { constants, createHash, createPublicKey, verify, X509Certificate } from 'node:crypto'
import type { Bytes } from '../bytes.ts'
import { Reader } from './length-prefixed.ts'

const magic = 'APK Sig Block 42'
const schemes = { v2: 0x7109871a, v3: 0xf05368c0, 'v3.1': 0x1b93ad61 } as const
const maxBlock = 16 * 2 ** 20

/** Where the parts of a ZIP archive lie. */
export interface ZipParts {
  directory: number
  /** The record at the end that says where the directory is. */
  end: number
}

/** Signature schemes 2 and 3 lie between the last entry and the directory. Source: source.android.com, APK Signature Scheme v2 and v3. */
export async function readSigningBlock(bytes: Bytes, parts: ZipParts) {
  const found = await findBlock(bytes, parts)
  if (!found) return { schemes: [], certificates: [] }
  const signers: Signer[] = []
  for (const pairs = new Reader(found.pairs); !pairs.isAtEnd; ) {
    const pair = new Reader(pairs.sized64())
    const id = pair.uint32()
    const scheme = (Object.keys(schemes) as (keyof typeof schemes)[]).find((name) => schemes[name] === id)
    if (scheme) signers.push(...readSigners(scheme, pair.rest()))
  }
  for (const signer of signers) await check(bytes, { ...parts, block: found.start }, signer)
  const present = [...new Set(signers.map(({ scheme }) => scheme))]
  if (signers.some(({ promisesV3 }) => promisesV3) && !present.includes('v3'))
    throw new Error('it was signed by v3, too, and that signature was removed')
  return {
    schemes: present,
    certificates: signers.flatMap(({ certificates }) => certificates.slice(0, 1)),
  }
}

async function findBlock(bytes: Bytes, { directory }: ZipParts) {
  if (directory < 32) return undefined
  const footer = await bytes.read(directory - 24, directory)
  if (footer.toString('latin1', 8) !== magic) return undefined
  const size = Number(footer.readBigUInt64LE(0))
  const start = directory - size - 8
  if (size > maxBlock || start < 0) throw new Error('its signing block has an impossible size')
  const block = await bytes.read(start, directory)
  if (Number(block.readBigUInt64LE(0)) !== size) throw new Error('its signing block contradicts itself')
  return { start, pairs: block.subarray(8, -24) }
}

interface Signer {
  scheme: keyof typeof schemes
  signedData: Buffer
  signatures: { algorithm: number; bytes: Buffer }[]
  publicKey: Buffer
  digests: { algorithm: number; bytes: Buffer }[]
  /** The signer's own first. */
  certificates: X509Certificate[]
  /** It says that there is a signature of scheme 3 beside it. */
  promisesV3: boolean
}

/** An attribute of scheme 2 that names the newest scheme that signed, so that removing that is seen. */
const strippingProtection = 0xbeeff00d

function readSigners(scheme: Signer['scheme'], value: Buffer): Signer[] {
  return new Reader(new Reader(value).sized()).each((bytes) => {
    const signer = new Reader(bytes)
    const signedData = signer.sized()
    if (scheme !== 'v2') signer.skip(8)
    const signatures = algorithmList(signer.sized())
    const publicKey = signer.sized()
    const data = new Reader(signedData)
    const digests = algorithmList(data.sized())
    const certificates = new Reader(data.sized()).each((der) => new X509Certificate(der))
    const attributes = scheme === 'v2' && !data.isAtEnd ? attributeList(data.sized()) : []
    const promisesV3 = attributes.some(
      ({ id, rest }) => id === strippingProtection && rest.length >= 4 && rest.readUInt32LE(0) === 3,
    )
    return { scheme, signedData, signatures, publicKey, digests, certificates, promisesV3 }
  })
}

const attributeList = (bytes: Buffer) =>
  new Reader(bytes).each((item) => {
    const attribute = new Reader(item)
    return { id: attribute.uint32(), rest: attribute.rest() }
  })

const algorithmList = (bytes: Buffer) =>
  new Reader(bytes).each((item) => {
    const pair = new Reader(item)
    return { algorithm: pair.uint32(), bytes: pair.sized() }
  })

type Hash = 'sha256' | 'sha512'
interface Algorithm {
  hash: Hash
  /** Length of the salt, of RSA with PSS padding. */
  salt?: number
  /** Its digest is the root of a tree, made for fs-verity. */
  isTree?: boolean
}

const algorithms: Readonly<Record<number, Algorithm>> = {
  257: { hash: 'sha256', salt: 32 },
  258: { hash: 'sha512', salt: 64 },
  259: { hash: 'sha256' },
  260: { hash: 'sha512' },
  513: { hash: 'sha256' },
  514: { hash: 'sha512' },
  769: { hash: 'sha256' },
  1057: { hash: 'sha256', isTree: true },
  1059: { hash: 'sha256', isTree: true },
  1061: { hash: 'sha256', isTree: true },
}

/** A signature that does not hold is none: a device would refuse the app. */
async function check(bytes: Bytes, parts: ZipParts & { block: number }, signer: Signer): Promise<void> {
  const { scheme, signedData, signatures, digests, certificates, publicKey } = signer
  const [own] = certificates
  if (!own?.publicKey.export({ type: 'spki', format: 'der' }).equals(publicKey))
    throw new Error(`its ${scheme} signature names another key than its certificate`)
  const known = signatures.filter(({ algorithm }) => algorithms[algorithm])
  if (known.length === 0) throw new Error(`its ${scheme} signature is of an unknown kind`)
  const key = createPublicKey({ key: publicKey, type: 'spki', format: 'der' })
  for (const { algorithm, bytes: signature } of known) {
    const { hash, salt } = algorithms[algorithm] as Algorithm
    const options = salt === undefined ? { key } : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: salt }
    if (!verify(hash, signedData, options, signature)) throw new Error(`its ${scheme} signature does not hold`)
  }
  for (const { algorithm, bytes: expected } of digests) {
    const { hash, isTree } = algorithms[algorithm] ?? {}
    if (hash === undefined || isTree) continue
    if (!(await digest(bytes, parts, hash)).equals(expected))
      throw new Error(`its content is not what its ${scheme} signature was made for`)
    return
  }
}

const chunkSize = 2 ** 20

/** The digest of everything but the signing block: of each MiB first, of these digests then. */
async function digest(bytes: Bytes, { block, directory, end }: ZipParts & { block: number }, hash: Hash) {
  const digests: Buffer[] = []
  const add = (chunk: Buffer) =>
    digests.push(createHash(hash).update(prefix(0xa5, chunk.length)).update(chunk).digest())
  for (const [from, to] of [
    [0, block],
    [directory, end],
  ] as const)
    for (let at = from; at < to; at += chunkSize) add(await bytes.read(at, Math.min(at + chunkSize, to)))
  // The directory stands where it would without the block.
  const record = Buffer.from(await bytes.read(end, bytes.size))
  record.writeUInt32LE(block, 16)
  add(record)
  return createHash(hash).update(prefix(0x5a, digests.length)).update(Buffer.concat(digests)).digest()
}

function prefix(mark: number, count: number): Buffer {
  const bytes = Buffer.alloc(5, mark)
  bytes.writeUInt32LE(count, 1)
  return bytes
}
