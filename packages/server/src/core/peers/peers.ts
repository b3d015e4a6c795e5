import type { PeerMessage } from './message.ts'

/** The other nodes of the platform. What they are told may be lost: it may save time, and nothing else may depend on it. */
export interface Peers {
  /** Whether it reaches the nodes of all machines now, as far as can be known here. */
  readonly isWhole: boolean
  tell(message: PeerMessage): void
  /** Calls it with what the others tell, for as long as this node is open. */
  hear(listener: (message: PeerMessage) => void): void
}

/** For a node that reaches no other. */
export const noPeers: Peers = { isWhole: false, tell: () => {}, hear: () => {} }

/** Peers beyond this machine. */
export interface FarPeers extends Peers {
  /** Calls it whenever `isWhole` changes. */
  watch(listener: (isWhole: boolean) => void): void
  close(): Promise<void>
}
