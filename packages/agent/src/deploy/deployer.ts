import { rm } from 'node:fs/promises'
import type { Checkin } from '@mason/contract/checkin'
import type { DeploymentOutcome, DesiredState } from '@mason/contract/deployment'
import type { Report } from '../check-in/report.ts'
import type { RunLine } from '../command/hook.ts'
import { type DownloadOptions, download, type Wanted, WrongContent } from './download.ts'
import { type Installed, readInstalled, withInstalled, writeInstalled } from './installed.ts'

export interface DeployerOptions extends Omit<DownloadOptions, 'authorization'> {
  /** A line of the shell that installs one thing; without it nothing is installed. */
  hook: string | undefined
  hookTimeoutMs: number
  runLine: RunLine
  /** The file that keeps what was installed. */
  path: string
  /** There is something to report. */
  onOutcome: () => void
  log: (line: string) => void
}

/** One thing to be installed. */
interface Item {
  deployment: string
  type: 'apk' | 'config' | 'ota'
  name: string
  version: string
  downloads: Wanted[]
  /** What the hook reads on its standard input. */
  payload: object
  isInstalled: (installed: Installed) => boolean
  mark: (installed: Installed) => Installed
}

/** The platform, as downloads need it. */
interface Platform {
  server: string
  authorization: string
}

/** Installs what is deployed to the host, one thing after the other, each when its bytes are verified. */
export class Deployer {
  readonly #options: DeployerOptions
  #installed: Installed
  #platform: Platform | undefined
  #revision: string | undefined
  /** By deployment: an outcome takes the place of an earlier one. */
  #outcomes: DeploymentOutcome[] = []
  #last: Promise<void> = Promise.resolve()

  private constructor(options: DeployerOptions, installed: Installed) {
    this.#options = options
    this.#installed = installed
  }

  static async open(options: DeployerOptions): Promise<Deployer> {
    return new Deployer(options, await readInstalled(options.path))
  }

  /** From where, and as whom, it downloads. */
  use(platform: Platform): void {
    this.#platform = platform
  }

  /** Takes what the host is to have; what it knows already says nothing new. */
  receive(desired: DesiredState): void {
    if (desired.revision === this.#revision) return
    this.#revision = desired.revision
    this.#last = this.#last.then(() => this.#follow(desired))
  }

  /** Resolves when nothing that was received so far is left to do. */
  idle(): Promise<void> {
    return this.#last
  }

  report(report: Report): Report {
    return withInstalled(report, this.#installed)
  }

  /** What a check-in says of deployments. */
  members(): Pick<Checkin, 'deploymentsRevision' | 'outcomes'> {
    return {
      ...(this.#revision !== undefined && { deploymentsRevision: this.#revision }),
      ...(this.#outcomes.length > 0 && { outcomes: [...this.#outcomes] }),
    }
  }

  /** These have arrived. */
  confirm(outcomes: readonly DeploymentOutcome[] = []): void {
    this.#outcomes = this.#outcomes.filter((outcome) => !outcomes.includes(outcome))
  }

  async #follow(desired: DesiredState): Promise<void> {
    const { signal, log } = this.#options
    for (const item of itemsOf(desired)) {
      // Something newer waits, or the agent stops.
      if (signal.aborted || desired.revision !== this.#revision) return
      if (item.isInstalled(this.#installed)) continue
      const { deployment, type, name, version } = item
      try {
        const reason = await this.#install(item)
        log(`${type} ${name} ${version}: ${reason ?? 'installed'}`)
        this.#add({ deployment, ...(reason === undefined ? { state: 'installed' } : { state: 'failed', reason }) })
      } catch (error) {
        if (signal.aborted) return
        const reason = `agent_failed: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500)
        log(`${type} ${name} ${version}: ${reason}`)
        this.#add({ deployment, state: 'failed', reason })
      }
    }
  }

  /** @returns why it failed; undefined when it did not. */
  async #install(item: Item): Promise<string | undefined> {
    const { hook, hookTimeoutMs, runLine, path, signal } = this.#options
    if (hook === undefined) return 'not_supported'
    const files: string[] = []
    for (const wanted of item.downloads) {
      const file = await this.#download(wanted).catch((error: Error) => error)
      if (signal.aborted) throw signal.reason
      if (file instanceof WrongContent) return 'checksum_mismatch'
      if (file instanceof Error) return `download_failed: ${file.message}`.slice(0, 500)
      files.push(file)
    }
    const env = {
      MASON_DEPLOYMENT_ID: item.deployment,
      MASON_DEPLOYMENT_TYPE: item.type,
      MASON_DEPLOYMENT_NAME: item.name,
      MASON_DEPLOYMENT_VERSION: item.version,
      MASON_DEPLOYMENT_FILES: files.join('\n'),
    }
    const input = JSON.stringify(item.payload)
    const reason = await runLine(hook, { env, input }, { timeoutMs: hookTimeoutMs, signal, mayOutliveAgent: false })
    if (reason !== undefined) return reason
    const installed = item.mark(this.#installed)
    await writeInstalled(path, installed)
    this.#installed = installed
    for (const file of files) await rm(file, { force: true })
    return undefined
  }

  #download(wanted: Wanted): Promise<string> {
    const { server, authorization } = this.#platform ?? {}
    // The credential is for the platform alone.
    const isOwn = server !== undefined && new URL(wanted.url).origin === new URL(server).origin
    return download(wanted, { ...this.#options, authorization: isOwn ? authorization : undefined })
  }

  #add(outcome: DeploymentOutcome): void {
    this.#outcomes = [...this.#outcomes.filter(({ deployment }) => deployment !== outcome.deployment), outcome]
    this.#options.onOutcome()
  }
}

function itemsOf({ apps, config, ota }: DesiredState): Item[] {
  const items: Item[] = apps.map((app) => ({
    deployment: app.deployment,
    type: 'apk',
    name: app.name,
    version: app.version,
    downloads: [app],
    payload: app,
    isInstalled: (installed) => installed.apps[app.name] === app.version,
    mark: (installed) => ({ ...installed, apps: { ...installed.apps, [app.name]: app.version } }),
  }))
  if (config) {
    const { deployment, project, version, media } = config
    items.push({
      deployment,
      type: 'config',
      name: project,
      version,
      downloads: media,
      payload: config,
      isInstalled: (installed) => installed.project?.project === project && installed.project.version === version,
      mark: (installed) => ({ ...installed, project: { project, version } }),
    })
  }
  if (ota) {
    const { deployment, version, url, sha256, size } = ota
    const isFile = url !== undefined && sha256 !== undefined && size !== undefined
    items.push({
      deployment,
      type: 'ota',
      name: 'mason-os',
      version,
      downloads: isFile ? [{ url, sha256, size }] : [],
      payload: ota,
      isInstalled: ({ release }) => release === version,
      mark: (installed) => ({ ...installed, release: version }),
    })
  }
  return items
}
