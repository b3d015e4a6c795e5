import type { Checkin } from '@mason/contract/checkin'
import type { DeploymentOutcome, DesiredState } from '@mason/contract/deployment'
import { type Fleet, later } from './fleet.ts'
import type { SimulatedDevice } from './simulated-device.ts'

const slowestMs = 1000

export interface InstallDeskOptions {
  device: SimulatedDevice
  fleet: Fleet
  /** There is something to report. */
  onDone: () => void
}

/** Puts on what is deployed to a simulated device, or fails to, in the way of its faults. */
export class InstallDesk {
  readonly #options: InstallDeskOptions
  #revision: string | undefined
  #outcomes: DeploymentOutcome[] = []

  constructor(options: InstallDeskOptions) {
    this.#options = options
  }

  /** Takes what the device is to have; what it knows already says nothing new. */
  receive(desired: DesiredState): void {
    if (desired.revision === this.#revision) return
    this.#revision = desired.revision
    const { fleet } = this.#options
    later(fleet, fleet.random() * slowestMs, () => this.#install(desired))
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

  /** A reset device knows of nothing. */
  forget(): void {
    this.#revision = undefined
    this.#outcomes = []
  }

  #install(desired: DesiredState): void {
    const { device, fleet, onDone } = this.#options
    if (desired.revision !== this.#revision) return
    const { apps, config, ota } = desired
    const deployments = new Set([...apps, config ?? [], ota ?? []].flat().map(({ deployment }) => deployment))
    const isFailing = device.faults.installFail
    if (!isFailing) device.install(desired)
    for (const deployment of deployments) {
      fleet.statistics.installs[isFailing ? 'failed' : 'installed'] += 1
      this.#outcomes.push({
        deployment,
        ...(isFailing ? { state: 'failed', reason: 'simulated' } : { state: 'installed' }),
      })
    }
    onDone()
  }
}
