import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { dayMs } from '@mason/contract/time'
import type { Config } from '../../config.ts'
import { trustsAnybody } from '../settings/proxy.ts'
import { readSmallFile, tlsSettings } from '../settings/tls.ts'
import { isAnyAddress, isLoopback, isLoopbackUrl } from '../settings/url.ts'

const soonDays = 14

/** What an operator should know of settings that are allowed, each in a sentence. */
export function* startWarnings(config: Config, now = Date.now()): Generator<string> {
  const { HOST, PUBLIC_URL, TRUST_PROXY } = config
  if (!isLoopback(HOST) && trustsAnybody(TRUST_PROXY))
    yield `TRUST_PROXY=${TRUST_PROXY} with HOST=${HOST}: anyone who reaches this port directly can claim any address by X-Forwarded-For, which voids allowedIps and the limits of sign-in; set TRUST_PROXY to the proxy's address, or HOST to 127.0.0.1`
  if (PUBLIC_URL === undefined && isAnyAddress(HOST))
    yield `HOST=${HOST} without PUBLIC_URL: devices and links get localhost, which other machines cannot reach; set PUBLIC_URL to the address that they use`
  if (PUBLIC_URL?.startsWith('http:') && !isLoopbackUrl(PUBLIC_URL))
    yield `PUBLIC_URL=${PUBLIC_URL} is not https: passwords, keys and credentials of devices cross the network in clear`
  for (const [name] of tlsSettings) yield* certificateWarnings(config, name, now)
}

function* certificateWarnings(config: Config, name: (typeof tlsSettings)[number][0], now: number): Generator<string> {
  const file = config[name]
  if (file === undefined) return
  const { validFromDate, validToDate, ...certificate } = readDates(file)
  const days = Math.floor((validToDate.getTime() - now) / dayMs)
  if (days < 0) yield `${name}: the certificate in ${file} expired on ${validToDate.toISOString()}; clients refuse it`
  else if (days < soonDays) yield `${name}: the certificate in ${file} expires on ${validToDate.toISOString()}`
  if (validFromDate.getTime() > now)
    yield `${name}: the certificate in ${file} is not valid before ${validFromDate.toISOString()}`
  const url = name === 'TLS_CERT' ? config.PUBLIC_URL : config.MQTT_PUBLIC_URL
  if (url !== undefined && !certificate.isFor(URL.parse(url)?.hostname ?? ''))
    yield `${name}: the certificate in ${file} is not for the host of ${url}`
}

function readDates(file: string) {
  const certificate = new X509Certificate(readSmallFile(file))
  const { validFromDate, validToDate } = certificate
  const isFor = (host: string) => {
    const bare = host.replace(/^\[|\]$/g, '')
    return (isIP(bare) === 0 ? certificate.checkHost(bare) : certificate.checkIP(bare)) !== undefined
  }
  return { validFromDate, validToDate, isFor }
}
