import { fileURLToPath } from 'node:url'
import { startWorker } from '../worker.ts'

export interface SimulatedDevice {
  id: string
  secret: string
}

export interface ConnectOrder {
  port: number
  devices: SimulatedDevice[]
  /** Connections under way at once. */
  concurrency: number
  /** Whether each command is answered with its outcome, as the platform expects. */
  isAcknowledging: boolean
}

export interface Arrivals {
  /** When each command was there, in milliseconds of the shared clock. */
  times: number[]
  payloadBytes: number
}

export type SimulatorOrder =
  | ({ do: 'connect' } & ConnectOrder)
  | { do: 'await'; count: number }
  | { do: 'check' }
  | { do: 'disconnect' }

/** Simulated devices in a process of their own. */
export interface Simulator {
  pid: number
  /** Connects and subscribes them all; the result is how many milliseconds it took. */
  connect(order: ConnectOrder): Promise<number>
  /** The commands since the last time, once so many have arrived. */
  commands(count: number): Promise<Arrivals>
  /** @throws when a connection has ended that was not cut. */
  check(): Promise<void>
  /** Cuts every connection. */
  disconnect(): Promise<void>
}

const program = fileURLToPath(new URL('./program.ts', import.meta.url))

export function startSimulator(): Simulator {
  const { pid, ask } = startWorker(program)
  const order = <Answer>(what: SimulatorOrder) => ask<Answer>(what)
  return {
    pid,
    connect: (what) => order({ do: 'connect', ...what }),
    commands: (count) => order({ do: 'await', count }),
    check: () => order({ do: 'check' }),
    disconnect: () => order({ do: 'disconnect' }),
  }
}
