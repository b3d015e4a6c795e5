import { SimulatedAgent } from '../agent/simulated-agent.ts'
import { KeepAlive } from '../mqtt/keep-alive.ts'
import { dispatch } from '../schedule/dispatch.ts'
import { DueQueue } from '../schedule/due-queue.ts'
import type { Fleet, Task } from './fleet.ts'
import type { Member, MemberCredential } from './member.ts'

/**
 * Seconds between pings of a connection. Proxies close a connection that is silent for 60 s. CONNECT announces twice the
 * interval, because a broker may wait only half as long again (MQTT 3.1.1 §3.1.2.10).
 */
export const keepAliveSeconds = 30

export interface RunFleetOptions extends Omit<Fleet, 'queue' | 'keepAlive'> {
  members: readonly Member[]
  durationMs: number
  /** How many devices may connect or check in at a time. */
  concurrency: number
}

/**
 * Runs enrolled devices until the duration is over or the signal aborts: they connect, check in, spread evenly over their
 * interval, and carry out commands. A device whose credential is refused stops.
 *
 * @returns the valid credentials by serial number; undefined for a device that no longer has one.
 */
export async function runFleet(options: RunFleetOptions): Promise<Map<string, MemberCredential | undefined>> {
  const { members, durationMs, concurrency, statistics, clock, signal } = options
  const queue = new DueQueue<Task>()
  const keepAlive = new KeepAlive(keepAliveSeconds)
  const agents = members.map((member) => new SimulatedAgent(member, { ...options, queue, keepAlive }))
  statistics.checkInsStartedMs = performance.now()
  for (const [index, agent] of agents.entries()) agent.start(index / agents.length)

  const run = async (task: Task) => {
    await task()
    return undefined
  }
  await dispatch({ queue, run, concurrency, endMs: clock.now() + durationMs, clock, signal })
  for (const agent of agents) agent.end()
  keepAlive.stop()
  return new Map(agents.map(({ device, credential }) => [device.enrollment.serialnumber, credential]))
}
