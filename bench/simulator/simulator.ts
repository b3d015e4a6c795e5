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
  /** Connection attempts at a time. */
  concurrency: number
  /** Whether each command is answered with its outcome, as the platform expects. */
  isAcknowledging: boolean
  /** Whether they connect over TLS; no when left out. */
  isTls?: boolean
}

export interface Arrivals {
  /** When each command arrived, in milliseconds of the shared clock. */
  times: number[]
  payloadBytes: number
}

export interface ReportOrder {
  /** The report of each connected device, in the order of `devices`. */
  reports: Report[]
  /** Reports in flight at a time, each from another device. */
  inFlight: number
  seconds: number
}

export type SimulatorOrder =
  | ({ do: 'connect' } & ConnectOrder)
  | { do: 'await'; count: number }
  | ({ do: 'report' } & ReportOrder)
  | { do: 'check' }
  | { do: 'disconnect' }

/** Simulated devices in their own process. */
export interface Simulator {
  pid: number
  /** Connects and subscribes all devices. @returns the milliseconds it took. */
  connect(order: ConnectOrder): Promise<number>
  /** Returns the commands since the last call, when a number of them have arrived. */
  commands(count: number): Promise<Arrivals>
  /** Lets devices check in, one after the other. @returns the acknowledged check-ins per second, after a ramp. */
  report(order: ReportOrder): Promise<number>
  /** @throws Error when a connection has ended that was not cut. */
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
