import type { Config } from '../../config.ts'
import { trustsAnybody } from '../settings/proxy.ts'
import { isAnyAddress, isLoopback, isLoopbackUrl } from '../settings/url.ts'
import { certificateFaults } from './certificate.ts'

/** What an operator should know at the start, each in a sentence. */
export function* startWarnings(config: Config, now = Date.now()): Generator<string> {
  yield* settingWarnings(config)
  for (const { text } of certificateFaults(config, now)) yield text
}

/** What an operator should know of settings that are allowed. */
export function* settingWarnings(config: Config): Generator<string> {
  const { HOST, PUBLIC_URL, TRUST_PROXY } = config
  if (!isLoopback(HOST) && trustsAnybody(TRUST_PROXY))
    yield `TRUST_PROXY=${TRUST_PROXY} with HOST=${HOST}: anyone who reaches this port directly can claim any address by X-Forwarded-For, which voids allowedIps and the limits of sign-in; set TRUST_PROXY to the proxy's address, or HOST to 127.0.0.1`
  if (PUBLIC_URL === undefined && isAnyAddress(HOST))
    yield `HOST=${HOST} without PUBLIC_URL: devices and links get localhost, which other machines cannot reach; set PUBLIC_URL to the address that they use`
  if (PUBLIC_URL?.startsWith('http:') && !isLoopbackUrl(PUBLIC_URL))
    yield `PUBLIC_URL=${PUBLIC_URL} is not https: passwords, keys and credentials of devices cross the network in clear`
}
