import { type KeyObject, sign } from 'node:crypto'

/** Writes a DER value (X.690). */
export function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const digits = length.toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length]), bytes, content])
}

export const sequence = (...contents: Buffer[]) => der(0x30, ...contents)
export const set = (...contents: Buffer[]) => der(0x31, ...contents)
export const integer = (value: number) => der(0x02, Buffer.from([value]))
export const octets = (value: Buffer) => der(0x04, value)
export const nothing = der(0x05)

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const base128 = (number: number): number[] =>
    number < 128 ? [number] : [...base128(number >> 7).map((byte) => byte | 0x80), number & 0x7f]
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

const sha256WithRsa = sequence(oid('1.2.840.113549.1.1.11'), nothing)

const attributes = { CN: '2.5.4.3', O: '2.5.4.10', C: '2.5.4.6' } as const

/** A name such as `CN=Android Debug,O=Android,C=US`. */
export const distinguishedName = (name: string) =>
  sequence(
    ...name.split(',').map((part) => {
      const [type, value = ''] = part.split('=')
      return set(sequence(oid(attributes[type as keyof typeof attributes]), der(0x0c, Buffer.from(value))))
    }),
  )

/** From when to when a certificate is valid. */
export type Validity = readonly [from: Date, to: Date]

/** A self-signed X.509 certificate of an RSA key. */
export function certificate(
  subject: string,
  publicKey: KeyObject,
  privateKey: KeyObject,
  [from, to]: Validity = [new Date('2020-01-01T00:00:00Z'), new Date('2049-12-31T23:59:59Z')],
): Buffer {
  // 20261130120000Z without its century.
  const time = (at: Date) => der(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replaceAll(/[-T:]/g, '')}Z`))
  const body = sequence(
    der(0xa0, integer(2)),
    integer(1),
    sha256WithRsa,
    distinguishedName(subject),
    sequence(time(from), time(to)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = sign('sha256', body, privateKey)
  return sequence(body, sha256WithRsa, der(0x03, Buffer.from([0]), signature))
}
