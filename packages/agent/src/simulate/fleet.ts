import type { Exchange } from '../http/exchange.ts'
import type { Clock } from './clock.ts'
import type { DueQueue } from './due-queue.ts'
import type { KeepAlive } from './mqtt/keep-alive.ts'
import type { Statistics } from './statistics.ts'

/** Does what is due; never throws. */
export type Task = () => Promise<void>

/** What the agents of a simulation share. */
export interface Fleet {
  queue: DueQueue<Task>
  exchange: Exchange
  keepAlive: KeepAlive
  statistics: Statistics
  clock: Clock
  /** From 0 to 1. */
  random: () => number
  signal: AbortSignal
  /** An enrolment token, for devices that were wiped. */
  token: string
  /** `auto` is MQTT where the platform offers it, and HTTP while that is down. */
  transport: 'auto' | 'mqtt' | 'http'
  /** Milliseconds between two check-ins of a device, in place of what the platform asks. */
  intervalMs?: number
  /** How long a device takes to boot. */
  bootMs: number
}

/** Calls back after so many milliseconds. */
export function later({ clock, queue }: Fleet, ms: number, call: () => void): void {
  queue.push(clock.now() + ms, async () => call())
}
