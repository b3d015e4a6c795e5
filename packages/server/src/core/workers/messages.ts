import type { Registry } from '@prometheus-io/client'
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
  /** To the primary: what this worker has counted, and that it asks for what the others have. */
  | { kind: 'gather'; id: number; counted: Counted }
  /** To the others: that they say what they have counted. */
  | { kind: 'count'; id: number }
  /** To the primary: what this worker has counted. Back to who asked: what all others have. */
  | { kind: 'counted'; id: number; counted: Counted }

/** The metrics of a registry. */
export type Counted = Awaited<ReturnType<Registry['getMetricsAsJSON']>>
