import { hash } from 'node:crypto'

/** What is kept of a browser's token. */
export const deviceMark = (token: string) => hash('sha256', `device ${token}`, 'buffer')

/** What is kept of an address that a user signed in from. */
export const networkMark = (address: string) => hash('sha256', `address ${networkOf(address)}`, 'buffer')

/** What an address is counted as: an IPv6 host has a whole /64 to guess from. */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(ip)
  if (mapped?.[1]) return mapped[1]
  if (!ip.includes(':')) return ip
  const [head = '', tail = ''] = ip.split('%', 1)[0]?.split('::') ?? []
  const [first, last] = [head, tail].map((part) => (part === '' ? [] : part.split(':'))) as [string[], string[]]
  const groups = [...first, ...Array(Math.max(0, 8 - first.length - last.length)).fill('0'), ...last]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
