import { fileURLToPath } from 'node:url'
import { startWorker } from '../worker.ts'

/** The two ways in which aedes can publish to each client, with and without acknowledgment. */
export const manners = [
  { via: 'client', qos: 0 },
  { via: 'client', qos: 1 },
  { via: 'broker', qos: 0 },
  { via: 'broker', qos: 1 },
] as const
export type Manner = (typeof manners)[number]

export type BrokerOrder =
  | { do: 'listen' }
  | { do: 'count' }
  | ({ do: 'publish'; ids: string[]; payloadBytes: number } & Manner)

/** aedes alone, in its own process. */
export interface Broker {
  pid: number
  port: number
  /** How many clients are connected. */
  count(): Promise<number>
  /** Publishes one message to each of these devices, on its own topic. */
  publish(ids: string[], payloadBytes: number, manner: Manner): Promise<void>
}

const program = fileURLToPath(new URL('./aedes.ts', import.meta.url))

export async function startBroker(): Promise<Broker> {
  const { pid, ask } = startWorker(program)
  const order = <Answer>(what: BrokerOrder) => ask<Answer>(what)
  return {
    pid,
    port: await order<number>({ do: 'listen' }),
    count: () => order({ do: 'count' }),
    publish: (ids, payloadBytes, manner) => order({ do: 'publish', ids, payloadBytes, ...manner }),
  }
}
