/** What was queued: one notification or a batch of them. */
export type Queued = { accountId: string } & ({ id: string; batch?: never } | { batch: string; id?: never })

/** Tells the gateway of this node what to look for. A nudge that is lost costs a moment: it also looks by itself. */
export interface Nudge {
  /** Notifications were queued. */
  queued(what: Queued): void
  /** A device was de-provisioned or got a new secret: its connection ends. */
  credentialDied(deviceId: string): void
}
