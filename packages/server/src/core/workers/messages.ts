/** What a node says over the channel between a worker and the primary process. */
export type Message =
  /** To the primary: it serves. */
  | { kind: 'ready'; url: string; mqttPort: number | undefined }
  /** To the primary: why it cannot start. */
  | { kind: 'fault'; message: string }
  /** To all other workers, through the primary: what was taken out of the buckets of requests. */
  | { kind: 'spent'; spent: Spending[] }

/** What was taken out of a bucket, by its name, and how much it holds when it is full. */
export type Spending = [name: string, cost: number, burst: number]
