import type { DesiredState } from '@mason/contract/deployment'
import { closedForMs } from '@mason/contract/window'
import type { DeploymentLedger } from '../../deploy/ledger.ts'
import type { SimulatedDevice } from '../device/simulated-device.ts'
import { type Fleet, later } from '../fleet/fleet.ts'

const slowestMs = 1000

export interface InstallerOptions {
  device: SimulatedDevice
  fleet: Fleet
  ledger: DeploymentLedger
  /** Called when there are outcomes to report. */
  onDone: () => void
}

/** Installs what is assigned to a simulated device, or fails to, according to its faults. */
export class Installer {
  readonly #options: InstallerOptions

  constructor(options: InstallerOptions) {
    this.#options = options
  }

  /** Installs an assignment after a moment, unless its revision is already known. */
  receive(assigned: DesiredState): void {
    const { fleet, ledger } = this.#options
    if (ledger.accept(assigned)) later(fleet, fleet.random() * slowestMs, () => this.#install(assigned, new Set()))
  }

  /**
   * Installs what may be installed now, and comes back for the rest.
   *
   * @param done the deployments whose outcomes are known already.
   */
  #install(assigned: DesiredState, done: ReadonlySet<string>): void {
    const { device, fleet, ledger, onDone } = this.#options
    if (!ledger.isCurrent(assigned)) return
    const { open, waitMs } = this.#apart(assigned)
    const all = deploymentsOf(open)
    if (waitMs < Number.POSITIVE_INFINITY) later(fleet, waitMs, () => this.#install(assigned, all))
    const isFailing = device.faults.installFail
    if (!isFailing) device.install(open)
    for (const deployment of [...all].filter((one) => !done.has(one))) {
      fleet.statistics.installs[isFailing ? 'failed' : 'installed'] += 1
      ledger.add({ deployment, ...(isFailing ? { state: 'failed', reason: 'simulated' } : { state: 'installed' }) })
    }
    onDone()
  }

  /** The items whose windows are open, and the time until the next one opens. */
  #apart(assigned: DesiredState): { open: DesiredState; waitMs: number } {
    const { device, fleet } = this.#options
    let waitMs = Number.POSITIVE_INFINITY
    const isOpen = ({ window }: { window?: DesiredState['apps'][number]['window'] }) => {
      const closedMs = window ? closedForMs(window, fleet.clock.now(), device.timezone) : 0
      if (closedMs > 0) waitMs = Math.min(waitMs, closedMs)
      return closedMs === 0
    }
    const { revision, apps, config, ota } = assigned
    const open = {
      revision,
      apps: apps.filter(isOpen),
      ...(config && isOpen(config) && { config }),
      ...(ota && isOpen(ota) && { ota }),
    }
    return { open, waitMs }
  }
}

function deploymentsOf({ apps, config, ota }: DesiredState): Set<string> {
  return new Set([...apps, config ?? [], ota ?? []].flat().map(({ deployment }) => deployment))
}
