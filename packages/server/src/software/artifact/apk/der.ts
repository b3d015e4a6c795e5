/** A value of ASN.1's DER encoding (X.690). */
export interface Value {
  tag: number
  content: Buffer
  /** Header and content. */
  whole: Buffer
}

export const tag = { integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30, set: 0x31, context0: 0xa0 }

/** The values that lie side by side in these bytes. @throws Error when the bytes are no DER. */
export function values(bytes: Buffer = Buffer.alloc(0)): Value[] {
  const found: Value[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.readUInt8(at + 1)
    const lengthBytes = first & 0x80 ? first & 0x7f : 0
    if (first === 0x80 || lengthBytes > 4) throw new Error('its v1 signature is not DER')
    const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes)
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
