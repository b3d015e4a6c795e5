import { Readable } from 'node:stream'

interface Sender {
  clean?: boolean
}

interface Numbered {
  messageId: number
}

/**
 * What aedes asks of a store, keeping nothing: what a device is sent stands in PostgreSQL, and whatever else it wants kept (retained
 * messages, a last will, subscriptions and messages of a session) would be kept in memory for ever. Only the ids of QoS 2
 * messages between PUBLISH and PUBREL are known, for as long as the connection lasts.
 */
export class NothingKept {
  readonly #unreleased = new WeakMap<Sender, Set<number>>()

  // aedes wants to see that it is asynchronous.
  async setup(): Promise<void> {}
  async destroy(): Promise<void> {}

  async storeRetained(): Promise<void> {}
  createRetainedStream = empty
  createRetainedStreamCombi = empty

  async putWill(): Promise<void> {}
  async getWill(): Promise<void> {}
  async delWill(): Promise<void> {}
  streamWill = empty

  async addSubscriptions(): Promise<void> {}
  async removeSubscriptions(): Promise<void> {}
  async cleanSubscriptions(): Promise<void> {}
  subscriptionsByClient = none
  subscriptionsByTopic = none

  async outgoingEnqueue(): Promise<void> {}
  async outgoingEnqueueCombi(): Promise<void> {}
  async outgoingUpdate(): Promise<void> {}
  async outgoingClearMessageId(): Promise<void> {}
  outgoingStream = empty

  async incomingStorePacket(client: Sender, { messageId }: Numbered): Promise<void> {
    const unreleased = this.#unreleased.get(client) ?? new Set()
    this.#unreleased.set(client, unreleased.add(messageId))
  }

  async incomingGetPacket(client: Sender, { messageId }: Numbered): Promise<Numbered> {
    if (!this.#unreleased.get(client)?.has(messageId)) throw new Error('no such packet')
    return { messageId }
  }

  async incomingDelPacket(client: Sender, { messageId }: Numbered): Promise<void> {
    this.#unreleased.get(client)?.delete(messageId)
  }

  async cleanIncoming(client: Sender): Promise<void> {
    this.#unreleased.delete(client)
  }
}

const empty = () => Readable.from([])
const none = async (): Promise<never[]> => []

type Done = (() => void) | undefined

/** In place of what hands messages from one client to others: devices never hear each other. */
export const nobodyListens = {
  on: (_topic: string, _listener: unknown, done: Done) => done?.(),
  removeListener: (_topic: string, _listener: unknown, done: Done) => done?.(),
  emit: (_packet: unknown, done: Done) => done?.(),
  close: (done: Done) => done?.(),
}
