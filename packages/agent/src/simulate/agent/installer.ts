import type { DesiredState } from '@mason/contract/deployment'
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
    if (ledger.accept(assigned)) later(fleet, fleet.random() * slowestMs, () => this.#install(assigned))
  }

  #install(assigned: DesiredState): void {
    const { device, fleet, ledger, onDone } = this.#options
    if (!ledger.isCurrent(assigned)) return
    const isFailing = device.faults.installFail
    if (!isFailing) device.install(assigned)
    for (const deployment of deploymentsOf(assigned)) {
      fleet.statistics.installs[isFailing ? 'failed' : 'installed'] += 1
      ledger.add({ deployment, ...(isFailing ? { state: 'failed', reason: 'simulated' } : { state: 'installed' }) })
    }
    onDone()
  }
}

function deploymentsOf({ apps, config, ota }: DesiredState): Set<string> {
  return new Set([...apps, config ?? [], ota ?? []].flat().map(({ deployment }) => deployment))
}
