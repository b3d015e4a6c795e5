/** A command on its way to a device, as JSON text. */
export interface Delivery {
  deviceId: string
  /** The notification's. */
  id: string
  command: string
  /** It has left before, and was not acknowledged. */
  isRepeat: boolean
}

/** What was queued: one notification, or those of a batch from one on. */
export type Queued = { accountId: string } & (
  | { id: string; batch?: never; since?: never }
  | { batch: string; since: string; id?: never }
)

/** How that leaves which was queued for devices that are connected. */
export interface Leaving {
  /** What was marked as sent through the gateway of this node. */
  sent: Delivery[]
  /** The gateways of other nodes where the rest waits. */
  elsewhere: string[]
}

/** Tells gateways what to look for. A call that is lost costs a moment: they also look by themselves. */
export interface WakeUps {
  /** The gateway of this node, as devices and notifications are stamped with it. */
  gateway: string
  /** Notifications were queued, and leave now. */
  queued(what: Queued, leaving: Leaving): void
  /** A device was de-provisioned or got a new secret: its connection ends. */
  credentialDied(deviceId: string): void
}
