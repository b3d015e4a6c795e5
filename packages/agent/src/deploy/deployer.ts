import { rm } from 'node:fs/promises'
import type { Checkin } from '@mason/contract/checkin'
import type { DeploymentOutcome, DesiredState } from '@mason/contract/deployment'
import { closedForMs } from '@mason/contract/window'
import type { Report } from '../check-in/report.ts'
import type { RunLine } from '../command/hook.ts'
import { type DownloadOptions, download, type RemoteFile, WrongContent } from './download.ts'
import { type Installed, readInstalled, withInstalled, writeInstalled } from './installed.ts'
import { type Item, itemsOf } from './item.ts'
import { DeploymentLedger } from './ledger.ts'

export interface DeployerOptions extends Omit<DownloadOptions, 'authorization'> {
  /** A shell command that installs one item; without it nothing is installed. */
  hook: string | undefined
  hookTimeoutMs: number
  runLine: RunLine
  /** The file that records what was installed. */
  path: string
  /** Called when there is an outcome to report. */
  onOutcome: () => void
  log: (line: string) => void
  /** The time zone of the host. */
  timezone: () => string
  /** Milliseconds since 1970. */
  now: () => number
}

/** Clocks are set and hosts sleep: no wait for a window is longer than this. */
const longestWaitMs = 60_000

/** The platform that files are downloaded from. */
interface Platform {
  server: string
  authorization: string
}

/** Installs what is deployed to the host, one item after the other, each after its files are verified. */
export class Deployer {
  readonly #options: DeployerOptions
  readonly #ledger = new DeploymentLedger()
  /** The SHA-256 of files that were downloaded before their window opened. */
  readonly #ahead = new Set<string>()
  #installed: Installed
  #platform: Platform | undefined
  #last: Promise<void> = Promise.resolve()

  private constructor(options: DeployerOptions, installed: Installed) {
    this.#options = options
    this.#installed = installed
  }

  /** Reads what was installed by earlier runs. */
  static async open(options: DeployerOptions): Promise<Deployer> {
    return new Deployer(options, await readInstalled(options.path))
  }

  /** Sets the server and the credential that files are downloaded with. */
  use(platform: Platform): void {
    this.#platform = platform
  }

  /** Installs what is assigned to the host, unless this revision is already known. */
  receive(assigned: DesiredState): void {
    if (!this.#ledger.accept(assigned)) return
    this.#last = this.#last.then(() => this.#carryOut(assigned))
  }

  /** Resolves when everything received so far is finished. */
  idle(): Promise<void> {
    return this.#last
  }

  /** Adds what was installed to the host's report. */
  report(report: Report): Report {
    return withInstalled(report, this.#installed)
  }

  /** The members of a check-in that report on deployments. */
  members(): Pick<Checkin, 'deploymentsRevision' | 'outcomes'> {
    return this.#ledger.members()
  }

  /** Removes outcomes that the platform has confirmed. */
  confirm(outcomes?: readonly DeploymentOutcome[]): void {
    this.#ledger.confirm(outcomes)
  }

  /** @param tried what of this assignment was installed, or has failed: neither is tried again. */
  async #carryOut(assigned: DesiredState, tried = new Set<string>()): Promise<void> {
    const { signal } = this.#options
    let waitMs = Number.POSITIVE_INFINITY
    for (const item of itemsOf(assigned)) {
      // A newer assignment waits, or the agent stops.
      if (signal.aborted || !this.#ledger.isCurrent(assigned)) return
      const key = `${item.type} ${item.name}`
      if (tried.has(key) || item.isInstalled(this.#installed)) continue
      const closedMs = this.#closedForMs(item)
      if (closedMs === 0) {
        await this.#process(item)
        tried.add(key)
      } else await this.#fetchAhead(item)
      waitMs = Math.min(waitMs, closedMs || Number.POSITIVE_INFINITY)
    }
    if (waitMs < Number.POSITIVE_INFINITY) void this.#comeBack(assigned, tried, waitMs)
  }

  #closedForMs({ window }: Item): number {
    const { now, timezone } = this.#options
    return window ? closedForMs(window, now(), timezone()) : 0
  }

  /** Downloads what will be installed later, when there may be no connection. What fails is downloaded then. */
  async #fetchAhead({ downloads }: Item): Promise<void> {
    for (const file of downloads) {
      if (this.#ahead.has(file.sha256)) continue
      const isThere = await this.#download(file).then(
        () => true,
        () => false,
      )
      if (isThere) this.#ahead.add(file.sha256)
    }
  }

  /** Looks again at an assignment that waits for a window. */
  async #comeBack(assigned: DesiredState, tried: Set<string>, ms: number): Promise<void> {
    const { delay, signal } = this.#options
    try {
      await delay(Math.min(ms, longestWaitMs), signal)
    } catch {
      return
    }
    this.#last = this.#last.then(() => this.#carryOut(assigned, tried))
  }

  async #process(item: Item): Promise<void> {
    const { signal, log } = this.#options
    const { deployment, type, name, version } = item
    let reason: string | undefined
    try {
      reason = await this.#install(item)
    } catch (error) {
      if (signal.aborted) return
      reason = `agent_failed: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500)
    }
    log(`${type} ${name} ${version}: ${reason ?? 'installed'}`)
    this.#add({ deployment, ...(reason === undefined ? { state: 'installed' } : { state: 'failed', reason }) })
  }

  /** @returns why it failed; undefined when it succeeded. */
  async #install(item: Item): Promise<string | undefined> {
    const { hook, hookTimeoutMs, runLine, path, signal } = this.#options
    if (hook === undefined) return 'not_supported'
    const files: string[] = []
    for (const download of item.downloads) {
      const file = await this.#download(download).catch((error: Error) => error)
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

  #download(file: RemoteFile): Promise<string> {
    const { server, authorization } = this.#platform ?? {}
    // Only the platform may see the credential.
    const isOwn = server !== undefined && new URL(file.url).origin === new URL(server).origin
    return download(file, { ...this.#options, authorization: isOwn ? authorization : undefined })
  }

  #add(outcome: DeploymentOutcome): void {
    this.#ledger.add(outcome)
    this.#options.onOutcome()
  }
}
