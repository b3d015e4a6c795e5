/** Tells the gateway of this node that there is something to look for. A nudge that is lost costs a moment: it also looks by itself. */
export interface Nudge {
  /** Notifications were queued. */
  notifications(): void
  /** A device was de-provisioned or got a new secret: its connection ends. */
  credentialDied(deviceId: string): void
}
