import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'

interface Log {
  info(details: object, message: string): void
  error(details: object, message: string): void
}

interface Files {
  cert: string
  key: string
}

interface SecureServer {
  setSecureContext(options: SecureContextOptions): void
}

const lookEveryMs = 5_000

export const readCertificate = ({ cert, key }: Files): SecureContextOptions => ({
  cert: readFileSync(cert),
  key: readFileSync(key),
})

/** The certificates of the servers, read again when a file changes or somebody asks for it. */
export class Certificates {
  readonly #log: Log
  readonly #served: { files: Files; server: SecureServer }[] = []
  readonly #watched = new Set<string>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Keeps a server's certificate up to date. */
  keep(server: object, files: Files): void {
    this.#served.push({ files, server: server as SecureServer })
    for (const file of [files.cert, files.key]) {
      if (this.#watched.has(file)) continue
      this.#watched.add(file)
      // By polling, which sees a link that is set to another folder, too.
      watchFile(file, { interval: lookEveryMs, persistent: false }, () => this.reload())
    }
  }

  /** Connections that are open keep theirs; a pair that cannot be used changes nothing. */
  reload(): void {
    for (const { files, server } of this.#served) {
      try {
        const certificate = readCertificate(files)
        // Checked beforehand, for the server takes a key that does not fit without a word.
        createSecureContext(certificate)
        server.setSecureContext(certificate)
        this.#log.info({ file: files.cert }, 'the certificate was read anew')
      } catch (error) {
        this.#log.error({ file: files.cert, reason: (error as Error).message }, 'the certificate stays as it was')
      }
    }
  }

  close(): void {
    for (const file of this.#watched) unwatchFile(file)
    this.#watched.clear()
  }
}
