import type { Delivery } from './notification/delivery.ts'

/** What was queued: one notification or a batch of them. */
export type Queued = { accountId: string } & ({ id: string; batch?: never } | { batch: string; id?: never })

/** Tells the gateway of this node what to look for. A nudge that is lost costs a moment: it also looks by itself. */
export interface Nudge {
  /** The gateway of this node, as devices and notifications are stamped with it. */
  gateway: string
  /** Notifications were queued; those that were marked as sent through this gateway leave now. */
  queued(what: Queued, sent: Delivery[]): void
  /** A device was de-provisioned or got a new secret: its connection ends. */
  credentialDied(deviceId: string): void
}
