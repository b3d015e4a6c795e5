import type { Registry } from '@prometheus-io/client'
import type { PeerMessage } from '../peers/message.ts'
import type { Peers } from '../peers/peers.ts'
import { within } from '../within.ts'
import type { Counted, Message } from './messages.ts'

/** Tells the primary process that this worker serves. */
export const tellReady = (url: string, mqttPort: number | undefined): void => send({ kind: 'ready', url, mqttPort })

/** Tells the primary process why this worker cannot start; resolves once it is said. */
export const tellFault = (message: string): Promise<void> =>
  new Promise((resolve) => send({ kind: 'fault', message }, resolve))

/** A message is lost with the process that it is for: nothing may depend on it. */
function send(message: Message, done: () => void = () => {}): void {
  if (process.connected) process.send?.(message, done)
  else done()
}

/** The other workers of this machine, and the nodes of other machines that the primary process reaches. */
export function workerPeers(): Peers {
  const listeners: ((message: PeerMessage) => void)[] = []
  const tell = sender(send)
  let isWhole = false
  process.on('message', (message: Message) => {
    if (message.kind === 'whole') isWhole = message.isWhole
    if (message.kind === 'peer') for (const listener of listeners) listener(message.message)
  })
  return {
    get isWhole() {
      return isWhole
    },
    tell: (message) => tell({ kind: 'peer', message }),
    hear: (listener) => void listeners.push(listener),
  }
}

/** As many may be on their way to a process: one that is stuck is told nothing more. */
const maxOnTheWay = 1_000

/** Sends what may be lost. */
export function sender(send: (message: Message, done: () => void) => void): (message: Message) => void {
  let onTheWay = 0
  return (message) => {
    if (onTheWay === maxOnTheWay) return
    onTheWay++
    send(message, () => {
      onTheWay--
    })
  }
}

const gatherMs = 5_000

/** Tells what the registry of this worker has counted, and asks for what the others have. */
export function shareCounted(registry: Registry): { others(): Promise<Counted>; stop(): void } {
  const awaited = new Map<number, (counted: Counted) => void>()
  let count = 0
  const receive = async (message: Message) => {
    if (message.kind === 'counted') awaited.get(message.id)?.(message.counted)
    if (message.kind === 'count') send({ ...message, kind: 'counted', counted: await registry.getMetricsAsJSON() })
  }
  process.on('message', receive)
  return {
    others: async () => {
      const id = count++
      const counted = await registry.getMetricsAsJSON()
      const answer = new Promise<Counted>((resolve) => awaited.set(id, resolve))
      send({ kind: 'gather', id, counted })
      const isThere = await within(gatherMs, answer)
      awaited.delete(id)
      if (!isThere) throw new Error('The other workers do not say what they have counted')
      return answer
    },
    stop: () => process.off('message', receive),
  }
}
