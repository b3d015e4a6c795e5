import { fileURLToPath } from 'node:url'
import type { Report } from '../reporter.ts'
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

export interface ReportOrder {
  /** The report of each connected device, in the order of their connecting. */
  reports: Report[]
  /** Reports under way at once, each from another device. */
  inFlight: number
  seconds: number
}

export type SimulatorOrder =
  | ({ do: 'connect' } & ConnectOrder)
  | { do: 'await'; count: number }
  | ({ do: 'report' } & ReportOrder)
  | { do: 'check' }
  | { do: 'disconnect' }

/** Simulated devices in a process of their own. */
export interface Simulator {
  pid: number
  /** Connects and subscribes them all; the result is how many milliseconds it took. */
  connect(order: ConnectOrder): Promise<number>
  /** The commands since the last time, once so many have arrived. */
  commands(count: number): Promise<Arrivals>
  /** Devices check in one after the other; the result is how many were acknowledged a second, after a ramp. */
  report(order: ReportOrder): Promise<number>
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
    report: (what) => order({ do: 'report', ...what }),
    check: () => order({ do: 'check' }),
    disconnect: () => order({ do: 'disconnect' }),
  }
}
