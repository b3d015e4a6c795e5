import type { IncomingMessage } from 'node:http'
import proxyAddress from '@fastify/proxy-addr'
import { isAddressRange } from './addresses.ts'

/** Whether what this address, so many hops away, says in X-Forwarded-For is believed. */
export type Trust = (address: string, hop: number) => boolean

const nobody: Trust = () => false

/** Names of ranges that proxies are often in. */
const rangeNames = ['loopback', 'linklocal', 'uniquelocal']

/** Who TRUST_PROXY names; undefined when it cannot be read. */
export function readTrustProxy(text = 'false'): Trust | undefined {
  if (text === 'true') return () => true
  if (text === 'false') return nobody
  if (/^\d{1,2}$/.test(text)) return (_address, hop) => hop < Number(text)
  const proxies = text.split(',').map((part) => part.trim())
  return proxies.every(isProxy) ? proxyAddress.compile(proxies) : undefined
}

/** A range of everybody is no list of proxies. */
const isProxy = (text: string) => rangeNames.includes(text) || (isAddressRange(text) && !/\/0+$/.test(text))

/** Whether TRUST_PROXY believes whoever connects, and not proxies that it names. */
export const trustsAnybody = (text = 'false') => text === 'true' || /^0*[1-9]\d*$/.test(text)

/** Where a raw request comes from, as Fastify says it of its own. */
export const clientAddress = (request: IncomingMessage, trust: Trust = nobody): string =>
  proxyAddress(request, trust) ?? 'unknown'
