import type { Exchange } from '../../http/exchange.ts'
import type { KeepAlive } from '../mqtt/keep-alive.ts'
import type { Statistics } from '../progress/statistics.ts'
import type { Clock } from '../schedule/clock.ts'
import type { DueQueue } from '../schedule/due-queue.ts'

/** A step that is due; never throws. */
export type Task = () => Promise<void>

/** What the agents of one simulation share. */
export interface Fleet {
  queue: DueQueue<Task>
  exchange: Exchange
  keepAlive: KeepAlive
  statistics: Statistics
  clock: Clock
  /** From 0 to 1. */
  random: () => number
  signal: AbortSignal
  /** An enrollment token, for devices that enroll again after a wipe. */
  token: string
  /** `auto` is MQTT when the platform offers it, and HTTP while MQTT is down. */
  transport: 'auto' | 'mqtt' | 'http'
  /** Milliseconds between check-ins of a device; overrides the platform's interval. */
  intervalMs?: number
  /** The platform's origin, where devices join X-Ray sessions; absent when they offer none. */
  xrayServer?: string
  /** How long a device takes to boot. */
  bootMs: number
}

/** Calls a function after a number of milliseconds. */
export function later({ clock, queue }: Fleet, ms: number, call: () => void): void {
  queue.push(clock.now() + ms, async () => call())
}
