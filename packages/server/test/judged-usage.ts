import { listEvents } from '@mason/contract/event'
import { withLuhnDigit } from '@mason/contract/identifiers'
import { type DataLimit, getSim, registerSim, type SimState, updateSim } from '@mason/contract/sim'
import type { UsageRecord } from '@mason/contract/usage'
import { expect } from 'vitest'
import { judgeAnomalies } from '../src/connectivity/limit/anomaly.ts'
import { judgeMonth } from '../src/connectivity/limit/judge-month.ts'
import { judgeLimits } from '../src/connectivity/limit/sim-limit.ts'
import type { Platform, TestAccount } from './harness.ts'

export const today = new Date().toISOString().slice(0, 10)
export const thisMonth = today.slice(0, 7)

let count = 0
/** Registers a SIM, active unless told otherwise. */
export async function newSim({ call }: TestAccount, dataLimit?: DataLimit, state?: SimState): Promise<string> {
  const iccid = withLuhnDigit(`8988303${String(++count).padStart(11, '0')}`)
  await call(registerSim, { iccid })
  await call(updateSim, { iccid, state: state ?? 'active', ...(dataLimit && { dataLimit }) })
  return iccid
}

/** Reports what a SIM has used, a record for each day. */
export async function use(
  platform: Platform,
  { key }: TestAccount,
  iccid: string,
  ...days: [day: string, bytes: number][]
): Promise<void> {
  const records = days.map(([day, bytes]): UsageRecord => {
    return { id: crypto.randomUUID(), iccid, start: `${day}T00:00:00Z`, upload: 0, download: bytes }
  })
  const answer = await platform.fetch('/v1/default/usage', { key, method: 'POST', body: JSON.stringify({ records }) })
  expect(await answer.json()).toEqual({ data: [{ accepted: days.length, duplicates: 0, rejected: [] }] })
}

export const judgingJobs = [judgeLimits, judgeAnomalies, judgeMonth]
/** Does once what the periodic jobs do that judge usage. */
export const judge = async ({ database }: Platform) => {
  for (const job of judgingJobs) await database.transaction((tx) => job.run(tx))
}

export async function eventsOf({ call }: TestAccount, type: string): Promise<Record<string, unknown>[]> {
  return (await call(listEvents, { type })).data.map(({ subject, actor, data }) => {
    expect(actor.kind).toBe('system')
    return { subject: subject.id, ...data }
  })
}

export const stateOf = async ({ call }: TestAccount, iccid: string) => {
  const sim = (await call(getSim, { iccid })).data[0]
  return [sim?.state, sim?.stateReason].filter((word) => word !== undefined).join(' ')
}
