import { hash, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const wellFormed = /^mason_[0-9A-Za-z]{49}$/
const randomLength = 43

/** A new API key: `mason_`, 43 random base62 characters, and 6 of their CRC-32 (docs/contract.md §3). */
export function generateKey(): string {
  const random = randomBase62(randomLength)
  return `mason_${random}${checksum(random)}`
}

/** Whether this has a key's form and its checksum is right: a typo is refused without a look at the database. */
export function isWellFormedKey(text: string): boolean {
  return wellFormed.test(text) && checksum(text.slice(6, 6 + randomLength)) === text.slice(6 + randomLength)
}

/** Uniformly random base62 characters; 43 hold 256 bits. */
export function randomBase62(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(62)]).join('')
}

/** What is kept of a secret that is long and random; such need no slow hash. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

/** The same in hexadecimal, for the hot paths: a digest as text costs an eighth of one as bytes. */
export function hashSecretToHex(secret: string): string {
  return hash('sha256', secret, 'hex')
}

function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let index = 0; index < 6; index++) {
    digits = alphabet[rest % 62] + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}
