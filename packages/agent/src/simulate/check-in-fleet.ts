import { checkin } from '@mason/contract/checkin'
import { composeCheckin } from '../check-in/compose.ts'
import { intervalMs } from '../check-in/interval.ts'
import { judgeFailure } from '../check-in/verdict.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Clock } from './clock.ts'
import { dispatch } from './dispatch.ts'
import { DueQueue } from './due-queue.ts'
import type { Member } from './member.ts'
import type { Statistics } from './statistics.ts'

export interface CheckInFleetOptions {
  members: readonly Member[]
  /** Milliseconds between two check-ins of a device, in place of what the platform asks. */
  intervalMs?: number
  durationMs: number
  concurrency: number
  exchange: Exchange
  statistics: Statistics
  clock: Clock
  /** From 0 to 1. */
  random: () => number
  signal: AbortSignal
}

/**
 * Lets enrolled devices check in, spread evenly over their interval, until the duration is over or the signal aborts. A
 * device whose credential is refused falls silent.
 */
export async function checkInFleet(options: CheckInFleetOptions): Promise<void> {
  const { members, durationMs, concurrency, exchange, statistics, clock, random, signal } = options
  const startMs = clock.now()
  statistics.checkInsStartedMs = performance.now()
  const queue = new DueQueue<Member>()
  for (const [place, member] of members.entries()) {
    member.usualMs = options.intervalMs ?? member.usualMs
    queue.push(startMs + (member.usualMs * place) / members.length, member)
  }

  async function run(member: Member, dueMs: number): Promise<number | undefined> {
    const nowMs = clock.now()
    statistics.lateMs = nowMs - dueMs
    const report = member.device.report(nowMs)
    const body = composeCheckin(member.known, report)
    const sentMs = performance.now()
    try {
      const answer = await exchange.post(checkin, body, member.authorization)
      statistics.recordLatency(performance.now() - sentMs)
      statistics.checkIns += 1
      if (body.partial) statistics.partialCheckIns += 1
      member.usualMs = options.intervalMs ?? intervalMs(answer.checkinSeconds)
      member.known = report
      member.failures = 0
      // Counted from when it was due, so that the spread lasts; unless it is too late for that.
      return Math.max(dueMs + member.usualMs, clock.now())
    } catch (error) {
      if (signal.aborted) return undefined
      statistics.recordError(error)
      member.failures += 1
      const circumstances = { failures: member.failures, intervalMs: member.usualMs, random: random() }
      const verdict = judgeFailure(error, circumstances)
      if (verdict.outcome === 'credential-refused') return undefined
      if (!verdict.isStateKnown) member.known = undefined
      return clock.now() + verdict.waitMs
    }
  }

  await dispatch({ queue, run, concurrency, endMs: startMs + durationMs, clock, signal })
}
