import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { duplexPair } from 'node:stream'
import type { XrayCall, XrayService } from '@mason/contract/xray'
import { basicAuthorization } from '../http/basic.ts'
import type { AdbHost } from './adb/adb-host.ts'
import { serveAdb } from './adb/daemon.ts'
import { bridge, type OpenPort } from './bridge.ts'

/** What a device offers over X-Ray, and what answers there. */
export type Ports = Partial<Record<XrayService, OpenPort>>

interface Credential {
  server: string
  id: string
  secret: string
}

const connectMs = 5_000
/** One session at a time is all that a platform opens; a call that comes twice is one. */
const maxRemembered = 100

/** The device's side of X-Ray: joins the sessions that it is called to. Source: docs/contract.md §10. */
export class Xray {
  readonly #ports: Ports
  readonly #log: (line: string) => void
  readonly #signal: AbortSignal
  readonly #seen = new Set<string>()

  constructor(ports: Ports, { log, signal }: { log: (line: string) => void; signal: AbortSignal }) {
    this.#ports = ports
    this.#log = log
    this.#signal = signal
  }

  /** What check-ins say; undefined for nothing. */
  get offered(): XrayService[] | undefined {
    const services = Object.keys(this.#ports).sort() as XrayService[]
    return services.length > 0 ? services : undefined
  }

  /** Joins the session that waits for this device, once. */
  receive({ session, service }: XrayCall, { server, id, secret }: Credential): void {
    const openPort = this.#ports[service]
    if (!openPort || this.#seen.has(session) || this.#signal.aborted) return
    this.#remember(session)
    this.#log(`X-Ray: somebody is at the ${service} port (session ${session})`)
    const url = `${server.replace(/^http/, 'ws')}/agent/v1/xray/${session}`
    void bridge({ url, authorization: basicAuthorization({ id, secret }), openPort, signal: this.#signal }).then(() =>
      this.#log(`X-Ray: session ${session} has ended`),
    )
  }

  #remember(session: string): void {
    this.#seen.add(session)
    const [oldest] = this.#seen
    if (this.#seen.size > maxRemembered && oldest !== undefined) this.#seen.delete(oldest)
  }
}

/** A port of this host or of one beside it, or a local socket of this host. */
export const portAt =
  (where: { host: string; port: number } | { path: string }): OpenPort =>
  () =>
    new Promise<Duplex>((resolve, reject) => {
      const socket = connect({ ...where, timeout: connectMs, noDelay: true })
      const name = 'path' in where ? where.path : `${where.host}:${where.port}`
      socket.once('error', reject)
      socket.once('timeout', () => socket.destroy(new Error(`nothing answers at ${name}`)))
      socket.once('connect', () => {
        socket.setTimeout(0)
        resolve(socket)
      })
    })

/** An ADB daemon within the agent. */
export const adbDaemon =
  (host: AdbHost): OpenPort =>
  async () => {
    const [near, far] = duplexPair({ highWaterMark: 256 * 1024 })
    serveAdb(far, host)
    return near
  }
