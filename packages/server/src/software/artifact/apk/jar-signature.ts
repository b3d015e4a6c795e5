import type { X509Certificate } from 'node:crypto'
import { holds, readJarManifest, type Section, statedDigest, type Told } from './jar-manifest.ts'
import { verifySignedData } from './pkcs7.ts'

const manifestName = 'META-INF/MANIFEST.MF'

/** Scheme 1 keeps its signatures as files of the archive: a digest list, and a PKCS #7 block over it. */
export const isSignatureBlock = (name: string) => /^META-INF\/[^/]+\.(RSA|DSA|EC)$/i.test(name)

/** The files that scheme 1 reads. */
export const isSignatureFile = (name: string) =>
  name === manifestName || /^META-INF\/[^/]+\.SF$/i.test(name) || isSignatureBlock(name)

/** What scheme 1 says of an archive, once its signatures were found to hold. */
export interface JarSignature {
  signers: X509Certificate[]
  /** The digest that each entry must have. */
  digests: Map<string, Told>
}

/**
 * Verifies scheme 1 up to the digests of the entries: each block signs its list, each list its sections of MANIFEST.MF, which has
 * a digest of every entry outside META-INF. Source: the JAR specification, and how Android differs from it.
 *
 * @param names all entries of the archive.
 * @throws Error that says why Android would refuse the app.
 */
export function verifyJarSignature(contents: ReadonlyMap<string, Buffer>, names: ReadonlySet<string>): JarSignature {
  const bytes = contents.get(manifestName)
  if (!bytes) throw new Error(`it is not signed: it holds no ${manifestName}`)
  const manifest = readJarManifest(bytes, 'MANIFEST.MF')
  const needed = [...names].filter((name) => !name.startsWith('META-INF/') && !name.endsWith('/'))
  for (const name of manifest.entries.keys())
    if (!names.has(name)) throw new Error(`${quoted(name)} was removed after it was signed`)
  const signers = [...contents.keys()].filter(isSignatureBlock).flatMap((block) => {
    const list = signatureListOf(block, contents)
    const certificates = verifySignedData(contents.get(block) ?? Buffer.alloc(0), list)
    verifyList(list, { bytes, main: manifest.main.bytes, entries: manifest.entries }, needed)
    return certificates
  })
  const digests = new Map<string, Told>()
  for (const [name, section] of manifest.entries) {
    const stated = statedDigest(section, '-digest')
    if (!stated) throw new Error(`its MANIFEST.MF has no digest of ${quoted(name)} that Android takes`)
    digests.set(name, stated)
  }
  return { signers, digests }
}

function signatureListOf(block: string, contents: ReadonlyMap<string, Buffer>): Buffer {
  const stem = block.slice(0, block.lastIndexOf('.'))
  const list = [...contents].find(([name]) => name.toLowerCase() === `${stem}.sf`.toLowerCase())
  if (!list) throw new Error(`it holds no ${stem}.SF beside ${block}`)
  return list[1]
}

interface Signed {
  bytes: Buffer
  main: Buffer
  entries: ReadonlyMap<string, Section>
}

/**
 * The list must sign MANIFEST.MF, whole or section by section, and name every entry. (Android would still look at the sections
 * where the digest of the whole is wrong; nothing that signs APKs leaves them so.)
 */
function verifyList(list: Buffer, manifest: Signed, needed: readonly string[]): void {
  const { main, entries } = readJarManifest(list, 'signature file')
  const others = main.attributes.get('x-android-apk-signed')?.split(',') ?? []
  const stripped = others.map((id) => id.trim()).find((id) => id === '2' || id === '3')
  if (stripped) throw new Error(`it was signed by v${stripped}, too, and that signature was removed`)
  const whole = statedDigest(main, '-digest-manifest')
  if (whole && !holds(whole, manifest.bytes)) throw new Error('its MANIFEST.MF was changed after it was signed')
  const ownPart = statedDigest(main, '-digest-manifest-main-attributes')
  if (!whole && ownPart && !holds(ownPart, manifest.main))
    throw new Error('its MANIFEST.MF was changed after it was signed, at its beginning')
  for (const [name, section] of entries) {
    const signed = manifest.entries.get(name)
    if (!signed) throw new Error(`its signature names ${quoted(name)}, which its MANIFEST.MF does not`)
    const stated = statedDigest(section, '-digest')
    if (!whole && !(stated && holds(stated, signed.bytes)))
      throw new Error(`its MANIFEST.MF was changed after it was signed, at ${quoted(name)}`)
  }
  const added = needed.find((name) => !entries.has(name) || !manifest.entries.has(name))
  if (added !== undefined) throw new Error(`${quoted(added)} was added after it was signed`)
}

const quoted = (name: string) => JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name)
