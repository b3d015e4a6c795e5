import { lookup } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction, SocketAddress } from 'node:net'
import { limitedLookup } from './resolve.ts'

/** Finds the addresses of a host's name. */
export type Resolve = (name: string) => Promise<string[]>

/** What is not on the public internet, or stands for something else. Source: the IANA registries of special-purpose addresses. */
const special = new BlockList()
for (const range of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
  // Azure answers its virtual machines here, metadata included.
  '168.63.129.16/32',
]) {
  const [network = '', bits] = range.split('/')
  special.addSubnet(network, Number(bits), 'ipv4')
}
// Of IPv6 only 2000::/3 is global; these parts of it are not: IETF protocols with Teredo, documentation, and 6to4.
const global = new BlockList()
global.addSubnet('2000::', 3, 'ipv6')
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  special.addSubnet(network, bits, 'ipv6')

/** Whether an address is one on the public internet. IPv4 within IPv6, mapped or for NAT64, is judged as what it leads to. */
export function isPublic(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !special.check(address, 'ipv4')
  if (family !== 6 || address.includes('%')) return false
  const normal = canonical(address)
  const mapped = normal.replace(/^64:ff9b::/, '::ffff:')
  if (/^::ffff:(\d+\.\d+\.\d+\.\d+|[0-9a-f]+:[0-9a-f]+)$/.test(mapped)) return !special.check(mapped, 'ipv6')
  return global.check(normal, 'ipv6') && !special.check(normal, 'ipv6')
}

/** One spelling of an address or a host's name. */
function canonical(host: string): string {
  const plain = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (isIP(plain) === 6) return new SocketAddress({ address: plain.replace(/%.*/, ''), family: 'ipv6' }).address
  return plain.replace(/\.$/, '')
}

/** A connection that is not allowed; the message says to whom and what would allow it. */
export class Refused extends Error {}

/** To which hosts the program may connect on behalf of its users. */
export class Guard {
  readonly #allowed: ReadonlySet<string>
  readonly #setting: string
  readonly #resolve: Resolve

  /** @param allowed hosts and addresses that are allowed though they are not public; `setting` is named where it could help. */
  constructor(allowed: readonly string[], setting: string, resolve: Resolve = limitedLookup(lookup)) {
    this.#allowed = new Set(allowed.map(canonical))
    this.#setting = setting
    this.#resolve = resolve
  }

  /** @throws Refused for an address that is not public; a name is judged once it is resolved. */
  check(host: string): void {
    const name = canonical(host)
    if (isIP(name) !== 0) this.#permit(name, [name])
  }

  /** Resolves for a socket that is about to connect: what is judged is what it connects to, whatever the name says a moment later. */
  readonly lookup: LookupFunction = (name, { all }, callback) => {
    this.#find(name).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }))
        const [first] = found
        if (all || !first) callback(null, found)
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }

  async #find(name: string): Promise<string[]> {
    return this.#permit(canonical(name), await this.#resolve(name))
  }

  #permit(host: string, addresses: string[]): string[] {
    const permitted = this.#allowed.has(host)
      ? addresses
      : addresses.filter((address) => isPublic(address) || this.#allowed.has(canonical(address)))
    if (permitted.length > 0) return permitted
    const where = addresses.length === 0 || addresses[0] === host ? host : `${host} (${addresses.join(', ')})`
    throw new Refused(`${where} is not on the public internet; ${this.#setting} can allow it`)
  }
}
