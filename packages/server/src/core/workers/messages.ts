import type { PeerMessage } from '../peers/message.ts'

/** What is said over the channel between a worker and the primary process. */
export type Message =
  /** To the primary: it serves. */
  | { kind: 'ready'; url: string; mqttPort: number | undefined }
  /** To the primary: why it cannot start. */
  | { kind: 'fault'; message: string }
  /** To all other nodes: of this machine through the primary, and beyond. */
  | { kind: 'peer'; message: PeerMessage }
  /** To a worker: whether the nodes of other machines are reached. */
  | { kind: 'whole'; isWhole: boolean }
