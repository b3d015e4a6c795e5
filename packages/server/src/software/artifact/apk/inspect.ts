import { createHash, type X509Certificate } from 'node:crypto'
import type { Bytes } from '../bytes.ts'
import { readZip } from '../zip.ts'
import { isSignatureBlock, isSignatureFile, verifyJarSignature } from './jar-signature.ts'
import { readManifest } from './manifest.ts'
import { readCertificates } from './pkcs7.ts'
import { readSigningBlock, type ZipParts } from './signing-block.ts'

/** What the bytes of an APK say. */
export interface ApkFacts {
  packageName: string
  versionCode: number
  versionName?: string
  minSdkVersion: number
  signatureSchemes: string[]
  /** SHA-256 of the certificates that it is signed with, in hexadecimal. */
  certificates: string[]
}

const manifestName = 'AndroidManifest.xml'

/** @throws Error that says why the app cannot be taken. */
export async function inspectApk(file: string, bytes: Bytes): Promise<ApkFacts> {
  const parts = await findParts(bytes)
  const archive = await readZip(file, bytes.size, (name) => name === manifestName || isSignatureFile(name))
  const manifest = archive.contents.get(manifestName)
  if (!manifest) throw new Error(whatElse(archive.names))
  const { versionName, targetSdkVersion, ...facts } = readManifest(manifest)
  const block = await readSigningBlock(bytes, parts)
  const jar = await readJar(file, bytes.size, archive, block.schemes.length === 0)
  const certificates = [...jar, ...block.certificates]
  if (certificates.length === 0) throw new Error('it is not signed')
  if (block.schemes.length === 0 && targetSdkVersion >= firstWithoutV1)
    throw new Error(`it is signed by v1 alone and targets SDK ${targetSdkVersion}: sign it by v2, too`)
  if (certificates.some(isDebug)) throw new Error('it is signed with a debug key: sign it with your release key')
  return {
    ...facts,
    ...(versionName !== undefined && { versionName }),
    signatureSchemes: [...(jar.length > 0 ? ['v1'] : []), ...block.schemes],
    certificates: [
      ...new Set(certificates.map((certificate) => certificate.fingerprint256.replaceAll(':', '').toLowerCase())),
    ],
  }
}

/** What an archive is that is no app by itself. */
function whatElse(names: ReadonlySet<string>): string {
  const all = [...names]
  if (names.has('BundleConfig.pb') || names.has(`base/manifest/${manifestName}`))
    return 'it is an Android App Bundle, from which APKs are made: upload the universal APK (bundletool build-apks --mode=universal)'
  if (all.some((name) => /\.apk$/i.test(name)))
    return 'it is an archive of several APKs, of which Android installs none by itself: upload the universal APK'
  return `it holds no ${manifestName}`
}

/** Apps for this SDK or a newer one need a signature of scheme 2 or 3. Source: developer.android.com, behavior changes of Android 11. */
const firstWithoutV1 = 30

/** Android takes no more. */
const maxSigners = 10

type Archive = Awaited<ReturnType<typeof readZip>>

/** The certificates of scheme 1, which is verified where no other scheme is there: devices look at the newest alone. */
async function readJar(file: string, size: number, { names, contents }: Archive, isAlone: boolean) {
  const blocks = [...contents].filter(([name]) => isSignatureBlock(name))
  if (blocks.length === 0) return []
  if (blocks.length > maxSigners) throw new Error(`it has more than ${maxSigners} signers`)
  if (!isAlone) return blocks.flatMap(([, content]) => readCertificates(content))
  const { signers, digests } = verifyJarSignature(contents, names)
  await readZip(
    file,
    size,
    () => false,
    (name) => {
      const stated = digests.get(name)
      if (!stated) return undefined
      const digest = createHash(stated.algorithm)
      const end = () => {
        if (digest.digest('base64') !== stated.digest)
          throw new Error(`${JSON.stringify(name)} was changed after it was signed`)
      }
      return { update: (chunk) => digest.update(chunk), end }
    },
  )
  return signers
}

/** The certificate that Android's build tools make for debugging: everybody has its like. */
const isDebug = ({ subject }: X509Certificate) => /^CN=Android Debug$/im.test(subject)

const endRecordSize = 22
const maxComment = 0xffff
const endSignature = 0x06054b50

async function findParts(bytes: Bytes): Promise<ZipParts> {
  const from = Math.max(0, bytes.size - endRecordSize - maxComment)
  const tail = await bytes.read(from, bytes.size)
  for (let at = tail.length - endRecordSize; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== endSignature || tail.readUInt16LE(at + 20) !== tail.length - at - endRecordSize)
      continue
    const [directorySize, directory] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)]
    if (directory + directorySize !== from + at) throw new Error('its directory does not lie before its end')
    return { directory, end: from + at }
  }
  throw new Error('it is not a ZIP archive')
}
