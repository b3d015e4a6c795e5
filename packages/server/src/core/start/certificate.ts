import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { dayMs } from '@mason/contract/time'
import type { Config } from '../../config.ts'
import { readSmallFile, tlsSettings } from '../settings/tls.ts'

const soonDays = 14

/** What is wrong with a certificate. */
export interface CertificateFault {
  text: string
  /** Whether it still serves, and will not for long. */
  isSoon: boolean
}

/** What is wrong with the certificates of the settings. */
export function* certificateFaults(config: Config, now = Date.now()): Generator<CertificateFault> {
  for (const [name] of tlsSettings) {
    const file = config[name]
    if (file === undefined) continue
    const certificate = new X509Certificate(readSmallFile(file))
    const what = `${name}: the certificate in ${file}`
    yield* dateFaults(what, certificate, now)
    const url = name === 'TLS_CERT' ? config.PUBLIC_URL : config.MQTT_PUBLIC_URL
    if (url !== undefined && !isFor(certificate, URL.parse(url)?.hostname ?? ''))
      yield { text: `${what} is not for the host of ${url}; get one that is`, isSoon: false }
  }
}

type Dates = Pick<X509Certificate, 'validFromDate' | 'validToDate'>

/** What is wrong with the time in which a certificate is valid. */
export function* dateFaults(
  what: string,
  { validFromDate, validToDate }: Dates,
  now = Date.now(),
): Generator<CertificateFault> {
  const days = Math.floor((validToDate.getTime() - now) / dayMs)
  if (days < 0)
    yield { text: `${what} expired on ${validToDate.toISOString()}; clients refuse it, so renew it`, isSoon: false }
  else if (days < soonDays) yield { text: `${what} expires on ${validToDate.toISOString()}; renew it`, isSoon: true }
  if (validFromDate.getTime() > now)
    yield {
      text: `${what} is not valid before ${validFromDate.toISOString()}; set the clock right, or wait`,
      isSoon: false,
    }
}

function isFor(certificate: X509Certificate, host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  return (isIP(bare) === 0 ? certificate.checkHost(bare) : certificate.checkIP(bare)) !== undefined
}
