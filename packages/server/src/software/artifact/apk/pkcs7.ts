import { hash, verify, X509Certificate } from 'node:crypto'
import { tag, type Value, values } from './der.ts'

interface SignedData {
  certificates: X509Certificate[]
  signers: Value[]
}

/** A chain of certificates takes some kilobytes. */
const maxBytes = 128 * 2 ** 10

/** PKCS #7 SignedData (RFC 2315 §9.1): ContentInfo → [0] → SignedData → [0] certificates, SET of signers. */
function readSignedData(bytes: Buffer): SignedData {
  if (bytes.length > maxBytes) throw new Error(`its v1 signature is larger than ${maxBytes} bytes`)
  const [contentInfo] = values(bytes)
  const content = values(contentInfo?.content).find((value) => value.tag === tag.context0)
  const [signedData] = values(content?.content)
  const members = values(signedData?.content)
  const certificates = members.find((value) => value.tag === tag.context0)
  const signers = members.findLast((value) => value.tag === tag.set)
  return {
    certificates: values(certificates?.content)
      .filter((value) => value.tag === tag.sequence)
      .map(({ whole }) => new X509Certificate(whole)),
    signers: values(signers?.content),
  }
}

/** The certificates that stand in a signature, whether it holds or not. */
export const readCertificates = (bytes: Buffer): X509Certificate[] => readSignedData(bytes).certificates

/** MD5 is left out: two files can be made to have the same. */
const digests: Readonly<Record<string, string>> = {
  '2b0e03021a': 'sha1',
  '608648016503040204': 'sha224',
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
}
const messageDigest = '2a864886f70d010904'

/** @returns the certificates of those who signed this content. @throws Error when a signature does not hold. */
export function verifySignedData(bytes: Buffer, content: Buffer): X509Certificate[] {
  const { certificates, signers } = readSignedData(bytes)
  if (signers.length === 0) throw new Error('its v1 signature has no signer')
  return signers.map((signer) => verifySigner(signer, certificates, content))
}

/** SignerInfo (RFC 2315 §9.2): version, issuer and serial number, digest, [0] attributes?, algorithm, signature. */
function verifySigner(signer: Value, certificates: X509Certificate[], content: Buffer): X509Certificate {
  const [, name, digest, ...rest] = values(signer.content)
  const attributes = rest[0]?.tag === tag.context0 ? rest[0] : undefined
  const signature = rest[attributes ? 2 : 1]
  const algorithm = digests[values(digest?.content)[0]?.content.toString('hex') ?? '']
  if (algorithm === undefined) throw new Error('its v1 signature is of a kind that Android does not take')
  const certificate = certificates.find((one) => name !== undefined && isOf(one, name))
  if (!certificate) throw new Error('its v1 signature lacks the certificate of its signer')
  if (attributes && !attestedDigest(attributes)?.equals(hash(algorithm, content, 'buffer')))
    throw new Error('its v1 signature was made for another list of digests')
  // The attributes are signed as the SET that they are, not under the tag that they stand with.
  const signed = attributes ? Buffer.concat([Buffer.from([tag.set]), attributes.whole.subarray(1)]) : content
  if (signature?.tag !== tag.octets || !verify(algorithm, signed, certificate.publicKey, signature.content))
    throw new Error('its v1 signature does not hold')
  return certificate
}

/** Whether issuer and serial number name this certificate, whose body is [0] version?, serial number, algorithm, issuer, … */
function isOf(certificate: X509Certificate, name: Value): boolean {
  const [body] = values(values(certificate.raw)[0]?.content)
  const members = values(body?.content).filter((value) => value.tag !== tag.context0)
  const [serial, , issuer] = members
  const [wantedIssuer, wantedSerial] = values(name.content)
  return (
    serial !== undefined &&
    issuer !== undefined &&
    wantedSerial?.whole.equals(serial.whole) === true &&
    wantedIssuer?.whole.equals(issuer.whole) === true
  )
}

function attestedDigest(attributes: Value): Buffer | undefined {
  for (const attribute of values(attributes.content)) {
    const [type, set] = values(attribute.content)
    if (type?.content.toString('hex') === messageDigest) return values(set?.content)[0]?.content
  }
  return undefined
}
