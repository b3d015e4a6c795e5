import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config.ts'
import { readTrustProxy, type Trust, trustsAnybody } from '../settings/proxy.ts'
import { Certificates, readCertificate } from './certificates.ts'
import { Connections } from './connections.ts'
import { httpServers } from './http.ts'
import { connectionLimits, openFilesLimit } from './limits.ts'

interface Log {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** Everything that decides about connections, for HTTP and MQTT alike. */
export interface Governance {
  connections: Connections
  certificates: Certificates
  trust: Trust
  /** Makes the servers of HTTP. */
  serverFactory: ReturnType<typeof httpServers>
}

type Upgrade = Parameters<typeof httpServers>[0]['isUpgradeWanted']

export function governConnections(config: Config, log: Log, isUpgradeWanted: Upgrade): Governance {
  const trust = readTrustProxy(config.TRUST_PROXY) ?? (() => false)
  const isAnybodyTrusted = trustsAnybody(config.TRUST_PROXY)
  const limits = connectionLimits({
    descriptors: openFilesLimit(),
    poolSize: config.DATABASE_POOL_SIZE,
    all: config.MAX_CONNECTIONS,
    perAddress: config.MAX_CONNECTIONS_PER_ADDRESS,
  })
  const connections = new Connections({
    limits: isAnybodyTrusted ? { ...limits, perAddress: limits.unauthenticated } : limits,
    log,
    isProxy: (address) => !isAnybodyTrusted && trust(address, 0),
  })
  const certificates = new Certificates(config, log)
  const settings = ['TLS_CERT', 'TLS_KEY'] as const
  const certificate = readCertificate(config, settings)
  const makeServer = httpServers({ connections, certificate, isUpgradeWanted })
  return {
    connections,
    certificates,
    trust,
    serverFactory: (handler) => {
      const server = makeServer(handler)
      if (certificate) certificates.keep(server, settings)
      return server
    },
  }
}

/** How long what is under way at the end of the server may take. */
const graceMs = 4_000

/** Whoever is let in counts as known from then on; at the end nobody is waited for without a bound. */
export function watchRequests(http: FastifyInstance, { connections, certificates }: Governance): void {
  http.addHook('preParsing', (request, _reply, payload, done) => {
    if (request.actor) connections.know(request.raw.socket)
    done(null, payload)
  })
  http.addHook('preClose', (done) => {
    void connections.close(graceMs)
    certificates.close()
    done()
  })
}
