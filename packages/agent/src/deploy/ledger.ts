import type { Checkin } from '@mason/contract/checkin'
import type { DeploymentOutcome, DesiredState } from '@mason/contract/deployment'

/**
 * A device's record of its deployments: the revision that is assigned to it, and the outcomes that the platform has not
 * confirmed.
 */
export class DeploymentLedger {
  #revision: string | undefined
  #outcomes: DeploymentOutcome[] = []

  /** Makes an assignment the current one. @returns false when it already was. */
  accept({ revision }: DesiredState): boolean {
    if (revision === this.#revision) return false
    this.#revision = revision
    return true
  }

  /** Whether no newer assignment was accepted since. */
  isCurrent({ revision }: DesiredState): boolean {
    return revision === this.#revision
  }

  /** Adds an outcome, in place of an earlier one of the same deployment. */
  add(outcome: DeploymentOutcome): void {
    this.#outcomes = [...this.#outcomes.filter(({ deployment }) => deployment !== outcome.deployment), outcome]
  }

  /** The members of a check-in that report on deployments. */
  members(): Pick<Checkin, 'deploymentsRevision' | 'outcomes'> {
    return {
      ...(this.#revision !== undefined && { deploymentsRevision: this.#revision }),
      ...(this.#outcomes.length > 0 && { outcomes: [...this.#outcomes] }),
    }
  }

  /** Removes outcomes that the platform has confirmed. */
  confirm(outcomes: readonly DeploymentOutcome[] = []): void {
    this.#outcomes = this.#outcomes.filter((outcome) => !outcomes.includes(outcome))
  }

  /** Forgets everything, as a device does that is reset. */
  forget(): void {
    this.#revision = undefined
    this.#outcomes = []
  }
}
