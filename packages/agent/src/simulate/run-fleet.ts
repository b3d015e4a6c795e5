import { dispatch } from './dispatch.ts'
import { DueQueue } from './due-queue.ts'
import type { Fleet, Task } from './fleet.ts'
import type { Member, MemberCredential } from './member.ts'
import { KeepAlive } from './mqtt/keep-alive.ts'
import { SimulatedAgent } from './simulated-agent.ts'

// Announced twice as long, as MQTT 3.1.1 §3.1.2.10 lets a broker wait half as long again.
/** Proxies end a connection on which nothing has come for 60 s. */
export const keepAliveSeconds = 30

export interface RunFleetOptions extends Omit<Fleet, 'queue' | 'keepAlive'> {
  members: readonly Member[]
  durationMs: number
  /** At most so many turns at a time, connecting included. */
  concurrency: number
}

/**
 * Lets enrolled devices live until the duration is over or the signal aborts: they connect, check in, spread evenly over
 * their interval, and do what they are told. A device whose credential is refused falls silent.
 *
 * @returns the credentials that are good now, by serial number; undefined for a device that has none any more.
 */
export async function runFleet(options: RunFleetOptions): Promise<Map<string, MemberCredential | undefined>> {
  const { members, durationMs, concurrency, statistics, clock, signal } = options
  const queue = new DueQueue<Task>()
  const keepAlive = new KeepAlive(keepAliveSeconds)
  const agents = members.map((member) => new SimulatedAgent(member, { ...options, queue, keepAlive }))
  statistics.checkInsStartedMs = performance.now()
  for (const [place, agent] of agents.entries()) agent.start(place / agents.length)

  const run = async (task: Task) => {
    await task()
    return undefined
  }
  await dispatch({ queue, run, concurrency, endMs: clock.now() + durationMs, clock, signal })
  for (const agent of agents) agent.end()
  keepAlive.stop()
  return new Map(agents.map(({ device, credential }) => [device.enrolment.serialnumber, credential]))
}
