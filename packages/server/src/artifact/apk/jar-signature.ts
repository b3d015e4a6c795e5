import { X509Certificate } from 'node:crypto'

/** Scheme 1 keeps its signatures as files of the archive: a digest list, and a PKCS #7 block over it. */
export const isSignatureFile = (name: string) => /^META-INF\/[^/]+\.(RSA|DSA|EC)$/i.test(name)

const tag = { sequence: 0x30, certificates: 0xa0, content: 0xa0 }

/** The certificates in a PKCS #7 SignedData (RFC 2315 §9.1): ContentInfo → [0] → SignedData → [0] certificates. */
export function readJarCertificates(bytes: Buffer): X509Certificate[] {
  const [contentInfo] = values(bytes)
  const content = values(contentInfo?.content).find((value) => value.tag === tag.content)
  const [signedData] = values(content?.content)
  const certificates = values(signedData?.content).find((value) => value.tag === tag.certificates)
  return values(certificates?.content)
    .filter((value) => value.tag === tag.sequence)
    .map(({ whole }) => new X509Certificate(whole))
}

interface Value {
  tag: number
  content: Buffer
  whole: Buffer
}

/** The DER values that lie side by side in these bytes. */
function values(bytes: Buffer = Buffer.alloc(0)): Value[] {
  const found: Value[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.readUInt8(at + 1)
    const lengthBytes = first & 0x80 ? first & 0x7f : 0
    if (lengthBytes > 4) throw new Error('its v1 signature is not DER')
    const length = lengthBytes === 0 ? first & 0x7f : bytes.readUIntBE(at + 2, lengthBytes)
    const start = at + 2 + lengthBytes
    if (start + length > bytes.length) throw new Error('its v1 signature is cut off')
    found.push({
      tag: bytes.readUInt8(at),
      content: bytes.subarray(start, start + length),
      whole: bytes.subarray(at, start + length),
    })
    at = start + length
  }
  return found
}
