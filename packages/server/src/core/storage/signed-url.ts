import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { Sealer } from '../sealer.ts'

export interface SignedTarget {
  method: 'GET' | 'PUT'
  /** From the origin, percent-encoded. */
  path: string
  /** What the bearer of the URL is bound to; it cannot be changed, left out or added to. */
  parameters?: Readonly<Record<string, string>>
  expiresAt: Date
}

/** URLs that grant one request to whoever has them, for a while; any node of the platform honors them. */
export class UrlSigner {
  readonly #key: Buffer

  constructor(sealer: Sealer) {
    this.#key = sealer.derive('signed-url')
  }

  /** The path and query of a request that is granted. */
  sign({ method, path, parameters = {}, expiresAt }: SignedTarget): string {
    const query = new URLSearchParams({ ...parameters, expires: String(Math.floor(expiresAt.getTime() / 1000)) })
    const target = `${path}?${query}`
    return `${target}&signature=${this.#signatureOf(method, target)}`
  }

  /**
   * Checks the method, path and query of a request as they came; HEAD is granted with GET.
   *
   * @throws AppError when they were not signed, or it is too late.
   */
  verify(method: string, url: string, now = new Date()): void {
    const [target = '', signature = '', ...rest] = url.split('&signature=')
    // As text: of base64url's last character two bits say nothing, and none of a URL may be changed.
    const expected = Buffer.from(this.#signatureOf(method === 'HEAD' ? 'GET' : method, target))
    const given = Buffer.from(signature)
    const isGenuine = given.length === expected.length && timingSafeEqual(given, expected) && rest.length === 0
    if (!isGenuine) throw new AppError('permission_error', 'The signature of the URL is not valid')
    const expires = Number(new URLSearchParams(target.slice(target.indexOf('?'))).get('expires'))
    if (now.getTime() >= expires * 1000) throw new AppError('permission_error', 'The signed URL has expired')
  }

  #signatureOf(method: string, target: string): string {
    return createHmac('sha256', this.#key).update(`${method} ${target}`).digest('base64url')
  }
}
