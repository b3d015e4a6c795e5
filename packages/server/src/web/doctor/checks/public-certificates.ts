import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import type { Config } from '../../../config.ts'
import { dateFaults } from '../../../core/start/certificate.ts'
import type { Check, Findings } from '../check.ts'
import { explainUrl } from '../outside.ts'

const names = ['PUBLIC_URL', 'MQTT_PUBLIC_URL'] as const
const secure = /^(https|wss|mqtts):/
const handshakeMs = 10_000

/** The certificates that others see, which are the proxy's where there is one. */
export const publicCertificates: Check = {
  name: 'public certificates',
  look: async ({ config }) => {
    const wanted = names.filter((name) => secure.test(config[name] ?? ''))
    if (wanted.length === 0) return { skipped: 'neither PUBLIC_URL nor MQTT_PUBLIC_URL is secure' }
    const found = await Promise.all(wanted.map((name) => lookAt(config, name)))
    return {
      seen: found.map(({ seen }) => seen).join(', '),
      faults: found.flatMap(({ faults = [] }) => faults),
      warnings: found.flatMap(({ warnings = [] }) => warnings),
    }
  },
}

async function lookAt(config: Config, name: (typeof names)[number]): Promise<Findings> {
  const url = new URL(config[name] ?? '')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || (url.protocol === 'mqtts:' ? 8883 : 443))
  const socket = connect({ host, port, servername: host, timeout: handshakeMs })
  socket.once('timeout', () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })))
  try {
    await once(socket, 'secureConnect')
    const validTo = readDates(socket)
    const faults = [...dateFaults(`${name}: the certificate at ${url.host}`, validTo)]
    return {
      seen: `${url.host} until ${validTo.validToDate.toISOString().slice(0, 10)}`,
      faults: faults.filter(({ isSoon }) => !isSoon).map(({ text }) => text),
      warnings: faults.filter(({ isSoon }) => isSoon).map(({ text }) => text),
    }
  } catch (error) {
    return { faults: [explainUrl(name, url.href.replace(/\/$/, ''), error).message] }
  } finally {
    socket.destroy()
  }
}

function readDates(socket: TLSSocket) {
  const { valid_from, valid_to } = socket.getPeerCertificate()
  return { validFromDate: new Date(valid_from), validToDate: new Date(valid_to) }
}
