import type { Configuration, ConfiguredApp, ConfiguredFile, Effects } from './headwind-protocol.ts'

/** Undefined for whatever counts as a network error. */
type Download = (url: string) => Promise<Buffer | undefined>

/** The apps and files of a device that its configuration has put there. */
export class HeadwindStorage {
  readonly #effects: Effects
  readonly #download: Download
  readonly #apps = new Map<string, { code: number; version: string }>()
  readonly #files = new Map<string, { text: string; lastUpdate: number }>()
  /** Apps that could not be installed, which are not downloaded again. One that could not be downloaded is, the next time. */
  readonly #failed = new Set<string>()

  constructor(effects: Effects, download: Download) {
    this.#effects = effects
    this.#download = download
  }

  installed(pkg: string): number | undefined {
    return this.#apps.get(pkg)?.code
  }

  file(path: string): string | undefined {
    return this.#files.get(path)?.text
  }

  remove(pkg: string): void {
    this.#apps.delete(pkg)
  }

  forget(): void {
    this.#apps.clear()
    this.#files.clear()
    this.#failed.clear()
  }

  async obey({ applications, files }: Configuration): Promise<void> {
    await this.#install(applications ?? [])
    await this.#keep(files ?? [])
  }

  /** Only what the configuration names. */
  report({ applications, files }: Configuration) {
    return {
      applications: (applications ?? []).flatMap(({ pkg }) => {
        const has = this.#apps.get(pkg)
        return has ? [{ pkg, name: pkg, version: has.version }] : []
      }),
      files: (files ?? []).flatMap(({ path }) => {
        const has = this.#files.get(path)
        return has ? [{ path, lastUpdate: has.lastUpdate }] : []
      }),
    }
  }

  async #install(apps: ConfiguredApp[]): Promise<void> {
    for (const { pkg, version, code = 0, url } of apps) {
      const has = this.#apps.get(pkg)
      if (!url || (has && has.code >= code)) continue
      const file = new URL(url).pathname.split('/').at(-1) ?? ''
      if (this.#failed.has(file)) continue
      this.#effects.downloads.push(file)
      const bytes = await this.#download(url)
      if (!bytes) return
      if (bytes.toString('latin1', 0, 2) !== 'PK') {
        this.#failed.add(file)
        continue
      }
      this.#effects.installs.push(`${pkg} ${code}`)
      this.#apps.set(pkg, { code, version: version === '0' ? '1.0' : version })
    }
  }

  async #keep(files: ConfiguredFile[]): Promise<void> {
    for (const { path, url, lastUpdate = 0 } of files) {
      if (!url || (this.#files.get(path)?.lastUpdate ?? -1) >= lastUpdate) continue
      const bytes = await this.#download(url)
      if (bytes) this.#files.set(path, { text: bytes.toString(), lastUpdate })
    }
  }
}
