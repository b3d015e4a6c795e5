/** A command on its way to a device, as JSON text. */
export interface Delivery {
  deviceId: string
  /** The notification's. */
  id: string
  command: string
}

/** What was queued: one notification, or those of a batch from one on. */
export type Queued = { accountId: string } & (
  | { id: string; batch?: never; since?: never }
  | { batch: string; since: string; id?: never }
)

/** Tells the gateway of this node what to look for. A call that is lost costs a moment: it also looks by itself. */
export interface WakeUps {
  /** The gateway of this node, as devices and notifications are stamped with it. */
  gateway: string
  /** Notifications were queued; those that were marked as sent through this gateway leave now. */
  queued(what: Queued, sent: Delivery[]): void
  /** A device was de-provisioned or got a new secret: its connection ends. */
  credentialDied(deviceId: string): void
}
