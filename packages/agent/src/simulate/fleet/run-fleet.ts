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
  /** How many devices there are. */
  devices: number
  /** Enrolls the devices, and says of each when it is; resolves when all are. */
  enroll: (onEnrolled: (member: Member, index: number) => void) => Promise<Member[]>
  /** Keeps the credentials of all that are enrolled. */
  keep: (members: Member[]) => Promise<void>
  /** How long they run once all are enrolled. */
  durationMs: number
  /** How many devices may connect or check in at a time. */
  concurrency: number
}

/**
 * Runs devices until the duration is over or the signal aborts: each begins when it is enrolled, for a large fleet takes minutes to
 * enroll. They connect, check in, spread evenly over their interval, and carry out commands. A device whose credential is refused stops.
 *
 * @returns the valid credentials by serial number; undefined for a device that no longer has one.
 */
export async function runFleet(options: RunFleetOptions): Promise<Map<string, MemberCredential | undefined>> {
  const { devices, enroll, keep, durationMs, concurrency, statistics, clock, signal } = options
  const queue = new DueQueue<Task>()
  const keepAlive = new KeepAlive(keepAliveSeconds)
  const fleet: Fleet = { ...options, queue, keepAlive }
  const agents: SimulatedAgent[] = []
  const startMs = clock.now()
  let isEnrolled = false
  let endMs = Number.POSITIVE_INFINITY
  const begin = (member: Member, index: number) => {
    statistics.checkInsStartedMs ??= performance.now()
    const agent = new SimulatedAgent(member, fleet)
    agents.push(agent)
    agent.start(index / devices, startMs)
  }
  const enrolling = async () => {
    try {
      const members = await enroll(begin)
      isEnrolled = true
      endMs = clock.now() + durationMs
      await keep(members)
    } catch (error) {
      endMs = startMs
      throw error
    }
  }

  const run = async (task: Task) => {
    await task()
    return undefined
  }
  const spell = { endMs: () => endMs, isFilling: () => !isEnrolled }
  await Promise.all([enrolling(), dispatch({ queue, run, concurrency, ...spell, clock, signal })])
  for (const agent of agents) agent.end()
  keepAlive.stop()
  return new Map(agents.map(({ device, credential }) => [device.enrollment.serialnumber, credential]))
}
