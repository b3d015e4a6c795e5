import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { SecureContextOptions } from 'node:tls'
import type { Config } from '../../config.ts'
import { type TlsSettings, tlsFaults } from '../settings/tls.ts'

interface Log {
  info(details: object, message: string): void
  error(details: object, message: string): void
}

interface SecureServer {
  setSecureContext(options: SecureContextOptions): void
}

const lookEveryMs = 5_000

/** The pair that two settings name; undefined where they are not set. */
export function readCertificate(config: Config, [cert, key]: TlsSettings): SecureContextOptions | undefined {
  const [certFile, keyFile] = [config[cert], config[key]]
  return certFile && keyFile ? { cert: readFileSync(certFile), key: readFileSync(keyFile) } : undefined
}

/** The certificates of the servers, read anew when a file changes or somebody asks for it. */
export class Certificates {
  readonly #config: Config
  readonly #log: Log
  readonly #served: { settings: TlsSettings; server: SecureServer }[] = []
  readonly #watched = new Set<string>()

  constructor(config: Config, log: Log) {
    this.#config = config
    this.#log = log
  }

  /** Keeps the certificate of a TLS server up to date. */
  keep(server: object, settings: TlsSettings): void {
    this.#served.push({ settings, server: server as SecureServer })
    for (const name of settings) {
      const file = this.#config[name]
      if (file === undefined || this.#watched.has(file)) continue
      this.#watched.add(file)
      // By polling, which sees a link that now leads elsewhere, too.
      watchFile(file, { interval: lookEveryMs, persistent: false }, () => this.reload())
    }
  }

  /** Connections that are open keep theirs; a pair that cannot be used changes nothing. */
  reload(): void {
    for (const { settings, server } of this.#served) {
      const faults = [...tlsFaults(this.#config, settings, (name) => String(this.#config[name as TlsSettings[number]]))]
      const certificate = faults.length === 0 ? readCertificate(this.#config, settings) : undefined
      if (certificate) server.setSecureContext(certificate)
      if (certificate) this.#log.info({ settings }, 'the certificate was read anew')
      else this.#log.error({ faults }, 'the certificate stays as it was')
    }
  }

  close(): void {
    for (const file of this.#watched) unwatchFile(file)
    this.#watched.clear()
  }
}
