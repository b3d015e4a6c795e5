import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Encrypts what must be kept and cannot be hashed (AES-256-GCM under one key of the platform). */
export class Sealer {
  readonly #key: Buffer

  constructor(key: Buffer) {
    this.#key = key
  }

  /** Nonce, ciphertext and tag in one. */
  seal(content: string | Buffer): Buffer {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
    return Buffer.concat([
      nonce,
      typeof content === 'string' ? cipher.update(content, 'utf8') : cipher.update(content),
      cipher.final(),
      cipher.getAuthTag(),
    ])
  }

  /** @throws when the bytes were sealed under another key or changed since. */
  open(sealed: Buffer): string {
    return this.openBytes(sealed).toString('utf8')
  }

  /** @throws when the bytes were sealed under another key or changed since. */
  openBytes(sealed: Buffer): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, 12))
    decipher.setAuthTag(sealed.subarray(-16))
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
  }

  /** A key for another purpose, from which the platform's key cannot be found. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, '', purpose, 32))
  }
}
