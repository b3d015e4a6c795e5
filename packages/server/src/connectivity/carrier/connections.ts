import type { CarrierOptions } from '@mason/contract/carrier'
import { type CarrierTypeName, carrierKind } from '@mason/contract/carrier-type'
import type { Config } from '../../config.ts'
import { invalid } from '../../core/errors.ts'
import { Caller } from '../../core/outbound/call.ts'
import { Guard, Refused } from '../../core/outbound/guard.ts'
import type { Sealer } from '../../core/sealer.ts'
import { readUrl } from '../../core/settings/url.ts'
import type { Session } from './carrier.ts'
import { CarrierFault } from './fault.ts'
import { Link } from './link.ts'
import { Pace } from './pace.ts'
import { carrierTypesByName } from './types.ts'

/** What a connection is made of. */
export interface Connection {
  type: CarrierTypeName
  options: CarrierOptions
  /** Sealed; none where nobody is called. */
  credentials: Buffer | null
}

/** Opens what is said to carriers: only to hosts that may be called, with credentials that are sealed until then. */
export class Connections {
  readonly #guard: Guard
  readonly #caller: Caller
  readonly #sealer: Sealer
  readonly #mayBePlain: boolean

  constructor(
    { CARRIER_ALLOW_HOSTS = '', CARRIER_ALLOW_HTTP }: Pick<Config, 'CARRIER_ALLOW_HOSTS' | 'CARRIER_ALLOW_HTTP'>,
    sealer: Sealer,
  ) {
    const allowed = CARRIER_ALLOW_HOSTS.split(',').map((host) => host.trim())
    this.#guard = new Guard(allowed, 'CARRIER_ALLOW_HOSTS')
    this.#caller = new Caller(this.#guard)
    this.#sealer = sealer
    this.#mayBePlain = CARRIER_ALLOW_HTTP
  }

  /** @throws AppError for a base URL that no carrier would be called at. */
  refuseBadUrl(baseUrl: string | undefined): void {
    if (baseUrl === undefined) return
    const place = '/options/baseUrl'
    if (/^http:/i.test(baseUrl) && !this.#mayBePlain)
      throw invalid(place, 'must be an https:// URL; the setting CARRIER_ALLOW_HTTP allows http')
    const { fault, url } = readUrl(baseUrl, { schemes: ['https:', 'http:'], kept: 'path' })
    if (fault !== undefined) throw invalid(place, fault)
    try {
      this.#guard.check(new URL(url).hostname)
    } catch (error) {
      if (error instanceof Refused) throw invalid(place, `leads to a host that is not allowed: ${error.message}`)
      throw error
    }
  }

  /** @throws CarrierFault when the credentials were sealed under another key. */
  open({ type, options, credentials }: Connection, signal: AbortSignal): Session {
    return this.openWith(type, options, credentials === null ? {} : this.#unsealed(credentials), signal)
  }

  openWith(
    type: CarrierTypeName,
    { baseUrl = carrierKind(type).baseUrl ?? '', requestsPerSecond }: CarrierOptions,
    credentials: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Session {
    const carrier = carrierTypesByName[type]
    const pace = new Pace(requestsPerSecond ?? carrier.requestsPerSecond)
    return carrier.open(new Link({ caller: this.#caller, baseUrl, pace, signal }), credentials)
  }

  seal(credentials: Readonly<Record<string, string>>): Buffer {
    return this.#sealer.seal(JSON.stringify(credentials))
  }

  sealText(text: string): Buffer {
    return this.#sealer.seal(text)
  }

  /** @returns nothing for what was sealed under another key. */
  openText(sealed: Buffer): string | undefined {
    try {
      return this.#sealer.open(sealed)
    } catch {
      return undefined
    }
  }

  close(): void {
    this.#caller.close()
  }

  #unsealed(credentials: Buffer): Record<string, string> {
    const text = this.openText(credentials)
    if (text === undefined)
      throw new CarrierFault(
        'credentials',
        'The credentials were kept under an encryption key that is lost: give them again',
      )
    return JSON.parse(text)
  }
}
